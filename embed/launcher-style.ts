/** The style of the button and of the frame's place, inside the shadow root alone. */

/**
 * A frame is never lower than this, in px: its bar, a notice and a few lines of the terminal. Over a
 * lower sample it also covers what follows, and then it has to be above it.
 */
const MIN_FRAME_HEIGHT = 160;

/** The property of the host that lifts it above what follows. */
export const LEVEL = '--try-console-level';

/**
 * The host becomes the containing block and a stacking context, neither of which moves anything.
 * Colours are fixed rather than taken from the page, because the button must be seen on any page;
 * its light ring sets it off from a dark sample and its shadow from a light one. The level is there
 * only while the frame is: of two that overlap, the one with the keyboard is in front.
 */
export const LAUNCHER_STYLE = `
:host {
  display: block;
  position: relative;
  isolation: isolate;
  z-index: var(${LEVEL}, auto);
}
:host(:focus-within) {
  z-index: calc(var(${LEVEL}) + 1);
}
.layer {
  all: initial;
  position: absolute;
  z-index: 1;
  scroll-margin: 12px;
  container-type: inline-size;
  pointer-events: none;
}
.layer[hidden] {
  display: none;
}
.loading, .open {
  min-height: ${MIN_FRAME_HEIGHT}px;
}
.bar {
  position: absolute;
  inset: 0 12px auto;
  display: flex;
  justify-content: flex-end;
  align-items: center;
  gap: 8px;
  height: 0;
  font: 500 13px/1.3 system-ui, sans-serif;
}
button, .failure:not(:empty) {
  box-sizing: border-box;
  min-height: 30px;
  padding: 6px 12px;
  border-radius: 99px;
  border: 1px solid #ffffff4d;
  color: #fff;
  pointer-events: auto;
  text-align: start;
}
button {
  flex: none;
  margin: 0;
  background: #1d5bd8;
  box-shadow: 0 1px 3px #0006;
  cursor: pointer;
  font: inherit;
  font-weight: 600;
}
button::before {
  content: ">_" / "";
  margin-inline-end: 8px;
  font-family: ui-monospace, monospace;
}
button:hover {
  background: #174bb5;
}
button:focus-visible {
  outline: 3px solid #fff;
  outline-offset: 0;
  box-shadow: 0 0 0 6px #1d5bd8;
}
.failure:not(:empty) {
  background: #3b4252;
}
@container (width < 240px) {
  button, button::before {
    margin: 0;
    font-size: 0;
  }
  button::before {
    font-size: 13px;
  }
}
@container (width < 36rem) {
  .failure:not(:empty) {
    position: absolute;
    inset: 20px 0 auto;
    border-radius: 8px;
  }
}
.progress {
  position: absolute;
  inset: 0;
  padding: 20px min(24px, 10%);
  color: #24272e;
  font: 15px/1.4 system-ui, sans-serif;
}
.loading .progress {
  animation: appear 0.2s 1s both;
}
iframe {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  border: 0;
  border-radius: inherit;
  pointer-events: auto;
  color-scheme: normal;
}
.open .bar, .loading .bar {
  visibility: hidden;
}
.loading {
  background: #fff;
  box-shadow: inset 0 0 0 1px #80808066, 0 3px 14px #0003;
}
.loading iframe {
  opacity: 0;
}
.open::after {
  content: "";
  position: absolute;
  inset: 0;
  border-radius: inherit;
  box-shadow: inset 0 0 0 1px #80808066, 0 3px 14px #0003;
}
@keyframes appear {
  from { opacity: 0 }
}
@media (prefers-color-scheme: dark) {
  .loading { background: #14171d }
  .progress { color: #dde1e9 }
}
@media print {
  .layer { display: none }
}
`;
