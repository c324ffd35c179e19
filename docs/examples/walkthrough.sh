#!/bin/sh
# A till's day in twelve requests:
#   REGULARS_URL=https://vip.example.cn REGULARS_KEY=sk_… sh walkthrough.sh CODE PRODUCT
# CODE is what is on a member's phone now, PRODUCT the id of something the shop sells. The key needs the scopes
# members, sales and refunds. It sells one piece for cash, uses 10 points, and takes the piece back.
set -eu

: "${REGULARS_URL:?where the shop is, like https://vip.example.cn}"
: "${REGULARS_KEY:?the API key}"
code=${1:?the code on the member\'s phone}
product=${2:?the id of a product}
run=${REGULARS_RUN:-$(date +%s)} # makes the idempotency keys of this run its own

language=${REGULARS_LANGUAGE:-en}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf 'Authorization: Bearer %s\n' "$REGULARS_KEY" >"$folder/key" # not in the list of processes
printf 'Accept-Language: %s\n' "$language" >>"$folder/key"

# ask METHOD PATH [BODY [HEADER]]: send it, and show what came back.
ask() {
    printf '\n> %s %s\n' "$1" "$2"
    set -- "$1" "$2" "${3-}" "${4-X-Nothing: 0}"
    : >"$folder/body"
    if [ -n "$3" ]; then
        printf '> %s\n' "$3"
        curl -sS -X "$1" -H "@$folder/key" -H "$4" -H 'Content-Type: application/json' --data-binary "$3" \
            -D "$folder/head" -o "$folder/body" "$REGULARS_URL/api/v1$2"
    else
        curl -sS -X "$1" -H "@$folder/key" -H "$4" -D "$folder/head" -o "$folder/body" "$REGULARS_URL/api/v1$2"
    fi
    tr -d '\r' <"$folder/head" | grep -iE '^(HTTP/|ETag|Idempotent-Replayed|Retry-After)' | sed 's/^/< /'
    [ ! -s "$folder/body" ] || awk '{
        n = split($0, parts, ",\"")
        for (i = 1; i <= n; i++) {
            part = (i > 1 ? "\"" : "") parts[i] (i < n ? "," : "")
            if (length(line) && length(line) + length(part) > 96) { print "< " line; line = "" }
            line = line part
        }
    } END { print "< " line }' "$folder/body"
}

# field NAME: the first field of that name in the last answer.
field() { grep -o "\"$1\":\"*[^\",}]*" "$folder/body" | head -n 1 | sed 's/.*://; s/"//'; }

# step NUMBER TITLE 标题
step() { if [ "$language" = zh ]; then printf '\n%s. %s\n' "$1" "$3"; else printf '\n%s. %s\n' "$1" "$2"; fi; }

step 1 'Who is this?' '这是谁？'
ask POST /identify "{\"code\":\"$code\"}"
member=$(field member_id)

step 2 'What does it cost them?' '这单多少钱？'
basket="\"lines\":[{\"product_id\":\"$product\"}],\"member_id\":\"$member\""
ask POST /quotes "{$basket}"
total=$(field total_cents)

step 3 'Sell it.' '成交。'
sale="{$basket,\"expected_cents\":$total,\"tenders\":[{\"kind\":\"cash\",\"cents\":$total}]}"
ask POST /sales "$sale" "Idempotency-Key: sale-$run"
sold=$(field id)
line=$(sed 's/.*"lines":\[{"id":"\([0-9]*\)".*/\1/' "$folder/body")

step 4 'The answer was lost? The same again is the same sale.' '没收到回应？原样再发一次，还是同一笔。'
ask POST /sales "$sale" "Idempotency-Key: sale-$run"

step 5 'Another sale under the same key is refused.' '同一个键换了内容，会被拒绝。'
ask POST /sales "{$basket,\"expected_cents\":$total,\"tenders\":[]}" "Idempotency-Key: sale-$run"

step 6 'Set 10 points aside, for something of your own called by a number.' '冻结 10 积分，用您自己的编号作参考号。'
ask POST "/members/$member/holds" "{\"amount\":10,\"reference\":\"$run\",\"proof_code\":\"$code\"}" "Idempotency-Key: hold-$run"
hold=$(field id)

step 7 'Use them.' '扣除冻结的积分。'
ask POST "/holds/$hold/capture" '' "Idempotency-Key: capture-$run"

step 8 'What would a refund give back?' '退货会退回什么？'
back="{\"lines\":[{\"line_id\":\"$line\",\"quantity_milli\":1000}],\"reason\":\"cold\"}"
ask POST "/sales/$sold/refunds/preview" "$back"

step 9 'Refund it.' '退货。'
ask POST "/sales/$sold/refunds" "$back" "Idempotency-Key: refund-$run"

step 10 'The newest sales, two at a time; next_cursor is null on the last page.' '最新的销售单，每页两笔；最后一页的 next_cursor 是 null。'
ask GET '/sales?limit=2'
cursor=$(field next_cursor)
[ "$cursor" = null ] || ask GET "/sales?limit=2&cursor=$cursor"

step 11 'A member that did not change is not sent again.' '会员没有变化，就不再重发。'
ask GET "/members/$member"
tag=$(tr -d '\r' <"$folder/head" | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
ask GET "/members/$member" '' "If-None-Match: $tag"

step 12 'A refusal names the field.' '被拒绝时会指出是哪个字段。'
ask POST /quotes "{\"lines\":[{\"product\":\"$product\"}]}"
