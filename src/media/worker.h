// A worker: requests as JSON lines on stdin, one answer line each on stdout,
// in order, until stdin ends. A hostile clip can end one worker, and nothing
// else.
//
//     {"id":1,"op":"check","path":"a.mp4"}
//     {"id":1,"ok":true,"seconds":5,"width":1280,"height":720,"frames":120,
//      "codec":"h264","ext":"mp4","audio":false}      (on one line)
//     {"id":2,"ok":false,"error":"the file is empty"}
//     {"id":3,"op":"frame","path":"a.mp4","at":"last","out":"a.png"}
//     {"id":3,"ok":true,"width":1280,"height":720}
//
//     {"id":4,"op":"tag","path":"a.mp4","text":"…","out":"b.mp4"}
//     {"id":4,"ok":true}
//     {"id":5,"op":"told","path":"b.mp4"}
//     {"id":5,"ok":true,"text":"…"}
//     {"id":6,"op":"bare","path":"b.mp4","out":"a.mp4"}
//     {"id":6,"ok":true}
//
//     {"id":7,"op":"poster","path":"a.mp4","out":"a.jpg","width":480}
//     {"id":7,"ok":true,"width":480,"height":270}
//     {"id":8,"op":"tile","path":"a.mp4","out":"b.mp4","width":320,
//      "height":180}                                          (on one line)
//     {"id":8,"ok":true,"seconds":5,"width":320,"height":180}
//
// `at` (of a poster "first" unless said) is "first", "last", or the seconds at
// which a picture is shown. A poster may have a "height", too: it fits into
// both. An error of the disk, not of the clip, has "disk":true.

#pragma once

#define MEDIA_LINE_MAX (256 << 10) // a text, every character of it escaped

// Returns the exit code. A line that is not a request with an id is answered
// with the id null.
int media_worker(void);
