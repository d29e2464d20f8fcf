#!/bin/sh
# The contact sheets of docs/motion: what each component of a motion does to a
# clip, and what becomes of given pictures and films, as the built-in gateway
# renders them. TARMAC_BIN_DIR names a folder with programs that are built.
set -eu
cd "$(dirname "$0")/.."
out=docs/motion
if [ -z "${TARMAC_BIN_DIR:-}" ]; then
    . tools/deps.sh
    . tools/release.sh
    deps build check
    release ""
    TARMAC_BIN_DIR=$bin
fi

dir=$(mktemp -d)
"$TARMAC_BIN_DIR/tarmac" gateway --listen 127.0.0.1:0 --data "$dir/data" \
    >"$dir/out" 2>"$dir/log" &
gateway=$!
trap 'kill $gateway; wait $gateway; rm -rf "$dir"' EXIT
url=
while [ -z "$url" ]; do
    kill -0 $gateway || exit 1
    sleep 0.1
    url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$dir/out")
done
url=${url%/}
assets=$dir/data/assets
mkdir -p $out

post() { # route, body
    curl -sS -H 'Content-Type: application/json' -d "$2" "$url/runway/$1"
}

# Buy a clip: route, body. Its id is in $id when it is there.
buy() {
    answer=$(post "$1" "$2")
    id=$(echo "$answer" | sed -n 's/.*"task_id" *: *"\([^"]*\)".*/\1/p')
    [ "$id" ] || { echo "$1: $answer" >&2; exit 1; }
    while [ ! -e "$assets/$id.mp4" ]; do
        answer=$(post feed "{\"task_id\": \"$id\"}")
        case $answer in *'"status":"2"'* | *'"status": "2"'*)
            echo "$1: $answer" >&2
            exit 1 ;;
        esac
        sleep 0.2
    done
}

# Five pictures of the clip $id in a row: file, words.
sheet() {
    n=0
    for at in 0.0 1.2 2.5 3.8 5.0; do
        from="-ss $at -i $assets/$id.mp4"
        [ $at = 0.0 ] && from="-i $assets/$id-poster.png"
        [ $at = 5.0 ] && from="-i $assets/$id-last.png"
        # shellcheck disable=SC2086
        ffmpeg -v error -y $from -frames:v 1 -vf "scale=352:198,pad=354:218:1,
drawtext=fontfile=$font:fontsize=16:fontcolor=white:x=4:y=200:
text='$2, $at s'" "$dir/row$n.png"
        n=$((n + 1))
    done
    ffmpeg -v error -y -i "$dir/row%d.png" -frames:v 1 -vf tile=5x1 -q:v 4 \
        -fflags +bitexact -flags:v +bitexact "$out/$1.jpg"
    echo "$out/$1.jpg"
}

font=$(find /usr/share/fonts -name 'unifont.otf' | head -n 1)
size='"ratio": "704:396"'
place='"prompt": "a village in the meadow, noon", "model": "gen2"'

move() { # file, component, value
    buy pro/generate "{$place, $size,
        \"options\": {\"seconds\": 5, \"motion_vector\": {\"$2\": $3}}}"
    sheet "$1" "$2 $3"
}
move x x 6
move y y 6
move z z 6
move r r 5
move bg_x_pan bg_x_pan 8
move bg_y_pan bg_y_pan 8

# A picture of another place, to begin with and to end with.
buy pro/generate "{\"prompt\": \"a lighthouse at dusk, waves\",
    \"model\": \"gen2\", $size, \"options\": {\"seconds\": 5}}"
sea=$url/assets/$id-poster.png
buy pro/generate "{$place, $size, \"image\": \"$sea\",
    \"options\": {\"seconds\": 5, \"motion_vector\": {\"z\": 7}}}"
sheet image_z "image, z 7"
buy pro/generate "{$place, $size, \"image\": \"$sea\",
    \"options\": {\"seconds\": 5, \"motion_vector\": {\"x\": 7}}}"
sheet image_x "image, x 7"

buy pro/generate "{$place, $size,
    \"options\": {\"seconds\": 5, \"motion_vector\": {\"x\": 3, \"z\": 4}}}"
meadow=$url/assets/$id.mp4
buy pro/generate "{$place, $size, \"image\": \"$sea\",
    \"last_image\": \"$url/assets/$id-poster.png\",
    \"options\": {\"seconds\": 5, \"motion_vector\": {\"z\": 4}}}"
sheet last_image "image to last_image, z 4"
buy pro/video2video "{\"video\": \"$meadow\", \"model\": \"gen3\",
    \"prompt\": \"neon city at night, oil on canvas\", $size,
    \"options\": {\"structure_transformation\": 0.8}}"
sheet video2video "video2video 0.8"
