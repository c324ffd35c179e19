// The member's code changes every 15 seconds; nothing else on the phone's pages needs a script.
const code = document.getElementById("code");

function renew() {
  if (document.visibilityState === "visible") code.src = `/me/code.svg?t=${Date.now()}`;
}

if (code) {
  setInterval(renew, 15_000);
  document.addEventListener("visibilitychange", renew);
}
