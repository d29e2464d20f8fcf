// Work that is done a little in each frame, or once for many reasons, so that the
// page stays quick.

const SLICE_MS = 6;

/**
 * Calls `next` until it returns false, some of it in each frame. Asked again
 * while it is under way, it goes on as it is.
 */
export function sliced(next) {
  let frame = 0;
  const run = () => {
    frame = 0;
    const until = performance.now() + SLICE_MS;
    let more = true;
    while (more && performance.now() < until) more = next();
    if (more) frame = requestAnimationFrame(run);
  };
  return () => {
    frame ||= requestAnimationFrame(run);
  };
}

/** A function that, however often it is called, calls `fn` once in so many ms. */
export function calmly(fn, ms) {
  let timer = 0;
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      fn();
    }, ms);
  };
}

const waiting = [];

const release = sliced(() => {
  const video = waiting.pop();
  if (!video) return false;
  video.removeAttribute("src");
  video.load();
  return waiting.length > 0;
});

/** Gives back what a video has loaded; it is out of the document already. */
export function giveBack(video) {
  waiting.push(video);
  release();
}
