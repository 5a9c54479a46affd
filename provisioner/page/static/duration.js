// Spans of time in words, and the server's clock: that of this computer may be wrong.
// @ts-check

let offset = 0; // seconds that the server's clock is ahead

/** @param {number | undefined} time of the server, seconds since 1970 */
export function setServerTime(time) {
  if (time !== undefined) offset = time - Date.now() / 1000;
}

/** @returns {number} seconds since 1970 */
export function serverTime() {
  return Date.now() / 1000 + offset;
}

/** @param {number} seconds */
export function durationText(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  return minutesText(Math.round(seconds / 60));
}

/** Whole minutes, for what counts up. @param {number} seconds */
export function elapsedText(seconds) {
  return seconds < 60 ? "< 1 min" : minutesText(Math.floor(seconds / 60));
}

/** Whole minutes, for what counts down; empty: it is over. @param {number} seconds */
export function remainingText(seconds) {
  return seconds <= 0 ? "" : minutesText(Math.ceil(seconds / 60));
}

/** @param {number} minutes */
function minutesText(minutes) {
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** @param {number} time seconds since 1970 @returns {string} as 16:30 */
export function clockText(time) {
  const date = new Date((time - offset) * 1000);
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}
