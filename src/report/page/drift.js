// The arithmetic of playing in sync: where a clip should be, and what to do
// about where it is. Pure; times in seconds.

export const CLOSE = 0.015; // as near as can be seen: half a frame
export const FAR = 0.15; // nearer is caught up with, farther is sought
const HASTE = 4; // of a drift, how much is made up for in a second
const MOST = 0.4; // how much faster or slower than its speed a clip may go

/** A clip that ends before the others holds its last frame, half a frame long. */
export const HOLD = 1 / 48;

/** Where the master clock stands, `loop`ed over `longest`. */
export function position(base, elapsed, speed, longest, loop) {
  if (!(longest > 0)) return { at: 0, wrapped: false };
  const at = base + elapsed * speed;
  if (at < longest) return { at, wrapped: false };
  return loop ? { at: at % longest, wrapped: true } : { at: longest, wrapped: false };
}

/**
 * What a clip should do now.
 * @param {{at: number, playing: boolean, speed: number}} master
 * @param {{at: number, duration: number, seeking: boolean, lag: number}} clip
 *     lag: how long its seeks take, so that one while playing aims ahead
 * @returns {{play: boolean, rate: number, seek: number|null}}
 */
export function correct(master, clip) {
  const end = Math.max(0, (clip.duration || Infinity) - HOLD);
  const over = master.at >= end;
  const target = Math.min(master.at, end);
  const play = master.playing && !over;
  // Past the frame that it holds, it shows that frame, too.
  const drift = over && clip.at > end ? 0 : target - clip.at;
  if (clip.seeking) return { play, rate: master.speed, seek: null };
  if (!play) {
    // Standing still there is nothing to catch up with: the very frame.
    const seek = Math.abs(drift) > CLOSE ? target : null;
    return { play, rate: master.speed, seek };
  }
  if (Math.abs(drift) <= CLOSE) return { play, rate: master.speed, seek: null };
  const nudge = Math.min(MOST, Math.max(-MOST, drift * HASTE));
  const rate = master.speed * (1 + nudge);
  if (Math.abs(drift) <= FAR) return { play, rate, seek: null };
  const ahead = Math.min(clip.lag, 0.5) * master.speed;
  return { play, rate, seek: Math.min(target + ahead, end) };
}

/** A frame forward or back, at 24 a second, from wherever it stands. */
export function stepped(at, frames, longest) {
  const next = (Math.round(at * 24) + frames) / 24;
  return Math.min(Math.max(0, next), Math.max(0, longest));
}
