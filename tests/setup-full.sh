#!/bin/sh
# A browser, CJK fonts, PostgreSQL, OpenSSH, tmux, curl, openssl and systemd's checker from Debian, where this account may install them.
# NO_APT=1 installs nothing. With --if-allowed a machine that refuses is no error.
set -u
wanted=""
command -v chromium >/dev/null 2>&1 || wanted="$wanted chromium"
ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || wanted="$wanted libatomic1" # for the driver of the browser tests
ls /usr/share/fonts/*/noto/NotoSansCJK* >/dev/null 2>&1 || wanted="$wanted fonts-noto-cjk"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null 2>&1 || wanted="$wanted postgresql"
[ -x /usr/sbin/sshd ] && command -v ssh >/dev/null 2>&1 || wanted="$wanted openssh-server openssh-client"
command -v tmux >/dev/null 2>&1 || wanted="$wanted tmux"
command -v curl >/dev/null 2>&1 || wanted="$wanted curl"
command -v openssl >/dev/null 2>&1 || wanted="$wanted openssl"
command -v systemd-analyze >/dev/null 2>&1 || wanted="$wanted systemd"
[ -n "$wanted" ] || exit 0
if [ "${NO_APT:-}" = 1 ]; then
  echo "· NO_APT=1: not installed:$wanted (their tests are skipped by name)"
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "· not installed (needs root and apt):$wanted (their tests are skipped by name)"
  [ "${1:-}" = --if-allowed ] && exit 0
  exit 1
fi
echo "· installing with apt:$wanted (NO_APT=1 prevents this)"
export DEBIAN_FRONTEND=noninteractive
if apt-get update -qq && apt-get install -y -qq --no-install-recommends $wanted >/dev/null; then
  exit 0
fi
echo "· apt could not install:$wanted (their tests are skipped by name)"
[ "${1:-}" = --if-allowed ] && exit 0
exit 1
