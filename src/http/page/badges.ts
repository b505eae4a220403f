import { html, type Html } from './html.ts'

/** Badges: a shape, a word and a colour for each state, each of which is enough without the others. */

type Shape = 'check' | 'clock' | 'cross' | 'question' | 'dash' | 'bang' | 'lock'

interface Badge {
  readonly shape: Shape
  readonly word: string
  /** Names a colour of the style sheet. */
  readonly tone: 'good' | 'wait' | 'bad' | 'blind' | 'off'
}

const badges: Readonly<Record<string, Badge>> = {
  pass: { shape: 'check', word: 'pass', tone: 'good' },
  clear: { shape: 'check', word: 'clear', tone: 'good' },
  ready: { shape: 'check', word: 'ready', tone: 'good' },
  pending: { shape: 'clock', word: 'pending', tone: 'wait' },
  fail: { shape: 'cross', word: 'fail', tone: 'bad' },
  unready: { shape: 'cross', word: 'not ready', tone: 'bad' },
  firing: { shape: 'bang', word: 'firing', tone: 'bad' },
  latched: { shape: 'lock', word: 'latched', tone: 'bad' },
  unknown: { shape: 'question', word: 'unknown', tone: 'blind' },
  skipped: { shape: 'dash', word: 'switched off', tone: 'off' },
}

const unknownBadge: Badge = { shape: 'question', word: 'unknown', tone: 'blind' }

/** The tone of a state, as a class name. */
export function toneOf(state: string): string {
  return (badges[state] ?? unknownBadge).tone
}

/** Shape and word of a state. */
export function badge(state: string): Html {
  const { tone } = badges[state] ?? unknownBadge
  return html`<span class="badge tone-${tone}">${shape(state)}${wordOf(state)}</span>`
}

/** The word for a state. */
export function wordOf(state: string): string {
  return (badges[state] ?? unknownBadge).word
}

/** The shape alone, for a place that has the word. */
export function shape(state: string): Html {
  return html`<svg class="sign" aria-hidden="true" focusable="false">
    <use href="#sign-${(badges[state] ?? unknownBadge).shape}"></use>
  </svg>`
}

/** Every shape once, to refer to. They differ in outline, not only in colour. */
export const shapes: Html = html`<svg class="only-heard" aria-hidden="true" focusable="false">
  <symbol id="sign-check" viewBox="0 0 16 16">
    <circle cx="8" cy="8" r="7" fill="currentColor" />
    <path
      d="M4.4 8.3l2.4 2.4 4.8-5"
      fill="none"
      stroke="var(--ground)"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </symbol>
  <symbol id="sign-clock" viewBox="0 0 16 16">
    <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.8" />
    <path d="M8 4.4V8l2.5 1.6" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />
  </symbol>
  <symbol id="sign-cross" viewBox="0 0 16 16">
    <rect x="1" y="1" width="14" height="14" rx="2" fill="currentColor" />
    <path d="M5 5l6 6M11 5l-6 6" stroke="var(--ground)" stroke-width="2" stroke-linecap="round" />
  </symbol>
  <symbol id="sign-bang" viewBox="0 0 16 16">
    <path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" fill="currentColor" />
    <path d="M8 4v4.8M8 11.6v.2" stroke="var(--ground)" stroke-width="2.2" stroke-linecap="round" />
  </symbol>
  <symbol id="sign-lock" viewBox="0 0 16 16">
    <path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" fill="none" stroke="currentColor" stroke-width="1.5" />
    <path
      d="M5.2 7.5h5.6v3.8H5.2zM6.3 7.5V6a1.7 1.7 0 013.4 0v1.5"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
    />
  </symbol>
  <symbol id="sign-question" viewBox="0 0 16 16">
    <path
      d="M8 .9L15.1 8 8 15.1.9 8z"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-dasharray="2.2 1.3"
    />
    <path
      d="M6.3 6.5a1.8 1.8 0 113 1.3c-.8.6-1.3 1-1.3 1.7M8 11.5v.1"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
    />
  </symbol>
  <symbol id="sign-dash" viewBox="0 0 16 16">
    <circle
      cx="8"
      cy="8"
      r="6.2"
      fill="none"
      stroke="currentColor"
      stroke-width="1.2"
      stroke-dasharray="1.5 2"
    />
    <path d="M5 8h6" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />
  </symbol>
</svg>`
