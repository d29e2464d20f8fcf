#!/bin/sh
# What people write first: curl and jq in a loop, so many at once by xargs.
# shell.sh URL TASKS IN_FLIGHT POLL_SECONDS FOLDER
set -eu
if [ "$1" != one ]; then
    seq "$2" | xargs -P "$3" -n 1 sh "$0" one "$1" "$4" "$5"
    exit
fi
url=$2 poll=$3 folder=$4 number=$5

post() {
    curl -sS --fail -H 'Content-Type: application/json' -d "$2" "$url$1"
}

id=$(post /runway/pro/generate "{\"prompt\": \"a pier\", \"model\": \"gen3\",
    \"ratio\": \"16:9\", \"style\": \"cinematic\",
    \"options\": {\"seconds\": 5, \"seed\": $number, \"motion_vector\":
        {\"x\": 0, \"y\": 0, \"z\": 0, \"r\": 0, \"bg_x_pan\": 0,
            \"bg_y_pan\": 0}}}" | jq -r .data.task_id)
status=
while [ "$status" != 3 ]; do
    sleep "$poll"
    answer=$(post /runway/feed "{\"task_id\": \"$id\"}")
    status=$(printf '%s' "$answer" | jq -r .data.status)
    [ "$status" != 2 ]
done
clip=$(printf '%s' "$answer" | jq -r .data.video_url)
curl -sS --fail -o "$folder/$number.mp4" "$clip"
