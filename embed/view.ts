/** What the frame shows around the terminal: state, way out, and what happened at the end. */
import type { End, Limit, Notice } from '../server/protocol.ts';
import { describeEnd, describeNotice, FRAME_TEXT } from './text.ts';

/** How long Enter is not taken for "again" after the end, in ms: it may have been meant before. */
const RESTART_GUARD_MS = 600;

/**
 * How long the next key leaves what is said of a limit on the screen, in ms: whoever types on has to get the time to
 * read it. Without a key it stays, for those who read slowly or look elsewhere.
 */
const NOTICE_MS = 10_000;

/** What the visitor is waiting for, or has. */
export type Phase = 'connecting' | 'starting' | 'running' | 'ended';

/** The frame's page, as the rest of the frame sees it. */
export interface View {
  terminal: HTMLElement;
  show: (phase: Phase) => void;
  /** Shows why there is no console any more, and takes Enter for the remedy. */
  showEnd: (end: End) => void;
  /** Says that a limit was met, without taking the keyboard. */
  showNotice: (notice: Notice) => void;
  /** Says something that does not change the state. */
  warn: (sentence: string) => void;
  /** Moves the keyboard out of the terminal. */
  leaveTerminal: () => void;
}

/** What the visitor may ask for. `close` is absent where no page embeds the frame. */
export interface ViewActions {
  fullPageUrl: string;
  close?: () => void;
  restart: () => void;
}

/** Fills the page with its words and wires its buttons. */
export function createView(actions: ViewActions): View {
  const title = byId('title', HTMLElement);
  const state = byId('state', HTMLElement);
  const notice = byId('notice', HTMLElement);
  const limits = byId('limits', HTMLElement);
  const said = new Map<Limit, { element: HTMLElement; at: number }>();
  const forgetLimits = () => {
    for (const [limit, { element, at }] of said) {
      if (performance.now() - at < NOTICE_MS) continue;
      element.remove();
      said.delete(limit);
    }
  };
  document.addEventListener('keydown', forgetLimits, { capture: true });
  const closeButton = byId('close', HTMLButtonElement);
  title.textContent = FRAME_TEXT.title;
  byId('hint', HTMLElement).textContent = FRAME_TEXT.leave;

  if (actions.close) {
    const fullPage = byId('full-page', HTMLAnchorElement);
    fullPage.href = actions.fullPageUrl;
    fullPage.textContent = FRAME_TEXT.fullPage;
    fullPage.ariaLabel = `${FRAME_TEXT.fullPage} ${FRAME_TEXT.newTab}`;
    closeButton.ariaLabel = FRAME_TEXT.close;
    closeButton.title = FRAME_TEXT.close;
    closeButton.addEventListener('click', actions.close);
    fullPage.hidden = closeButton.hidden = false;
  }

  const show = (phase: Phase) => {
    document.body.dataset.phase = phase;
    state.textContent = FRAME_TEXT[phase];
  };

  return {
    terminal: byId('terminal', HTMLElement),
    show,
    showEnd: (end) => {
      show('ended');
      limits.replaceChildren();
      const { what, remedy } = describeEnd(end);
      notice.replaceChildren(paragraph(remedy ? `${what} ${remedy.next}` : what));
      if (!remedy) return;
      const again = document.createElement('button');
      again.type = 'button';
      again.textContent = remedy.action;
      again.addEventListener('click', actions.restart);
      notice.append(again);
      takeEnter(actions.restart);
    },
    showNotice(latest) {
      const element = paragraph(describeNotice(latest));
      said.get(latest.limit)?.element.remove();
      said.set(latest.limit, { element, at: performance.now() });
      limits.prepend(element);
    },
    warn: (sentence) => notice.replaceChildren(paragraph(sentence)),
    leaveTerminal: () => (actions.close ? closeButton : title).focus(),
  };
}

/** Restarts on a fresh press of Enter, unless it is meant for a link or a button. */
function takeEnter(restart: () => void): void {
  const takenFrom = performance.now() + RESTART_GUARD_MS;
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Enter' || event.repeat || event.isComposing) return;
      if (event.target instanceof Element && event.target.closest('a, button')) return;
      if (performance.now() >= takenFrom) restart();
    },
    // Before the terminal, which stops the event.
    { capture: true },
  );
}

function paragraph(text: string): HTMLParagraphElement {
  const element = document.createElement('p');
  element.textContent = text;
  return element;
}

function byId<Type extends HTMLElement>(id: string, type: { new (): Type }): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`console.html has no ${type.name} "${id}"`);
  return element;
}
