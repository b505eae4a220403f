// @ts-check
// Keeps the page up to date. The exporter renders it; this fetches it again and changes what differs. When the exporter
// is silent or has nothing new, the page says so instead of showing the last verdict.

/**
 * @typedef {{ index: string, evaluatedAt: string, expiresAt: string }} Tick
 * @typedef {{ morph(from: Element, to: Element, options: object): void }} Morpher
 */

/** The page is fetched this often for its numbers, and whenever something changed. */
const REFRESH = 5_000
/** The same without an event stream, and while something is wrong. */
const POLL = 2_000
const RETRY = 1_000
/** The event stream has a tick every two seconds. */
const SILENCE = 6_000
const ANSWER_WITHIN = 4_000
/** Changes that follow one another faster are shown together. */
const BETWEEN = 250

const page = /** @type {HTMLElement} */ (document.getElementById('page'))
const gone = /** @type {HTMLTemplateElement} */ (document.getElementById('gone'))
const announcement = /** @type {HTMLElement} */ (document.getElementById('announcement'))
const icon = /** @type {HTMLLinkElement} */ (document.getElementById('icon'))
const morpher = /** @type {Morpher} */ (Reflect.get(globalThis, 'Idiomorph'))

/** When the exporter last answered or sent an event. */
let heardAt = Date.now()
/** The last evaluation that is known, when it was first heard of, and for how long it is valid. */
let told = { evaluatedAt: '', firstHeardAt: Date.now(), worth: Infinity }
/** What is wrong, and since when; undefined while nothing is. @type {{ why: string, since: number } | undefined} */
let trouble
let fetching = false
let again = false
let lastFetchAt = 0
/** What the reader opened or closed stays as it is. @type {Set<string>} */
const touched = new Set()
/** @type {EventSource | undefined} */
let events
let reopenAt = 0
let watchedAt = Date.now()

note({
  index: page.dataset['index'] ?? '',
  evaluatedAt: page.dataset['evaluatedAt'] ?? '',
  expiresAt: page.dataset['expiresAt'] ?? '',
})

/**
 * Another machine's clock is never compared with ours: a document is worth what lies between its two times, counted
 * from when we first heard of it.
 * @param {Tick} tick
 */
function note({ evaluatedAt, expiresAt }) {
  heardAt = Date.now()
  if (evaluatedAt === '' || evaluatedAt === told.evaluatedAt) return
  told = { evaluatedAt, firstHeardAt: heardAt, worth: Date.parse(expiresAt) - Date.parse(evaluatedAt) }
}

/** Fetches the page and shows it; one at a time. */
async function refresh() {
  if (fetching) {
    again = true
    return
  }
  fetching = true
  again = false
  lastFetchAt = Date.now()
  try {
    const answer = await fetch('./', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_WITHIN) })
    if (answer.status === 401 || answer.status === 403)
      fail('The exporter refused the request: the password is no longer valid. Reload the page.')
    else show(await answer.text())
  } catch {
    fail('The exporter does not answer.')
  }
  fetching = false
  if (again) setTimeout(() => void refresh(), BETWEEN)
}

/** @param {string} text */
function show(text) {
  const next = new DOMParser().parseFromString(text, 'text/html')
  const content = next.getElementById('page')
  if (next.documentElement.dataset['page'] !== 'caracal-gate' || content === null)
    return fail('Something else answers at this address.')
  // Another version of the exporter has other scripts and styles.
  if (content.dataset['build'] !== page.dataset['build']) return location.reload()
  note({
    index: content.dataset['index'] ?? '',
    evaluatedAt: content.dataset['evaluatedAt'] ?? '',
    expiresAt: content.dataset['expiresAt'] ?? '',
  })
  if (content.dataset['verdict'] !== 'cannot-tell' && isOutdated(Date.now())) return failForAge()
  const before = spoken()
  trouble = undefined
  delete document.documentElement.dataset['gone']
  morpher.morph(page, content, { callbacks: { beforeNodeMorphed, beforeAttributeUpdated } })
  document.title = next.title
  icon.href = /** @type {HTMLLinkElement} */ (next.getElementById('icon')).href
  if (spoken() !== before) announcement.textContent = spoken()
  document.dispatchEvent(new CustomEvent('page:shown'))
}

/** @param {Element} node */
function beforeNodeMorphed(node) {
  return !(node instanceof HTMLElement && node.dataset['keep'] !== undefined)
}

/**
 * @param {string} name
 * @param {Element} node
 */
function beforeAttributeUpdated(name, node) {
  return !(name === 'open' && touched.has(node.id))
}

/** What a screen reader announces: the verdict and why. */
function spoken() {
  const words = document.querySelectorAll('#verdict h1, #verdict .sentence')
  return [...words].map((element) => element.textContent?.trim() ?? '').join(': ')
}

/**
 * What the page shows is not valid any more: says so in the page, in the title and in the icon.
 * @param {string} why
 * @param {number} since
 */
function fail(why, since = Date.now()) {
  if (trouble?.why === why) return
  trouble = { why, since: trouble?.since ?? since }
  const banner = /** @type {DocumentFragment} */ (gone.content.cloneNode(true))
  put(banner, '[data-why]', why)
  document.getElementById('verdict')?.replaceWith(banner)
  put(document, '#why-title', 'The last known reasons')
  document.documentElement.dataset['gone'] = 'true'
  document.title = gone.dataset['title'] ?? ''
  icon.href = gone.dataset['icon'] ?? ''
  announcement.textContent = `Cannot tell: ${why}`
  document.dispatchEvent(new CustomEvent('page:gone', { detail: trouble }))
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @param {string} text
 */
function put(root, selector, text) {
  const element = root.querySelector(selector)
  if (element !== null) element.textContent = text
}

/** Opens the event stream. Without it, the page is still fetched every few seconds. */
function listen() {
  events?.close()
  const source = new EventSource('events?document=envelope')
  events = source
  source.addEventListener('gates', (event) => {
    note(JSON.parse(event.data))
    void refresh()
  })
  source.addEventListener('tick', (event) => {
    /** @type {Tick} */
    const tick = JSON.parse(event.data)
    const isOld = tick.evaluatedAt === told.evaluatedAt
    note(tick)
    // It does not evaluate, or the page is out of date; the page itself says which.
    if (isOld || trouble !== undefined || tick.index !== page.dataset['index']) void refresh()
  })
  source.addEventListener('error', () => {
    // An exporter that ends cuts its connections: one more request shows it at once.
    void refresh()
    // The browser connects again, unless it was refused.
    if (source.readyState === EventSource.CLOSED) reopenAt = Date.now() + REFRESH
  })
}

/** Checks the time: a browser that slept notices here that its page is old. */
function watch() {
  const now = Date.now()
  // A hidden tab runs rarely; it asks before it doubts, or it would raise a false alarm each time.
  if (document.visibilityState !== 'hidden' || now - watchedAt < ANSWER_WITHIN) doubt(now)
  watchedAt = now
  if (now - lastFetchAt > pace()) void refresh()
  if (reopenAt !== 0 && now > reopenAt) {
    reopenAt = 0
    if (document.visibilityState !== 'hidden') listen()
  }
  document.dispatchEvent(new CustomEvent('page:second', { detail: { told, trouble } }))
}

/** @param {number} now */
function doubt(now) {
  // The exporter says so itself then.
  if (trouble !== undefined || page.dataset['verdict'] === 'cannot-tell') return
  if (now - heardAt > SILENCE) fail('The exporter is silent.', heardAt)
  else if (isOutdated(now)) failForAge()
}

/**
 * A cache on the way may answer for an exporter, and with the same page for ever.
 * @param {number} now
 */
function isOutdated(now) {
  return now - told.firstHeardAt > Math.max(told.worth, SILENCE)
}

function failForAge() {
  fail('The exporter answers, but it does not evaluate.', told.firstHeardAt)
}

function pace() {
  if (trouble !== undefined) return RETRY
  const listening = events?.readyState === EventSource.OPEN
  return listening || document.visibilityState === 'hidden' ? REFRESH : POLL
}

/** After sleep, another tab or a lost network: everything at once. */
function wake() {
  if (document.visibilityState === 'hidden') return rest()
  watch()
  void refresh()
  if (events === undefined || events.readyState !== EventSource.OPEN) listen()
}

/** A browser grants few connections to one site: hidden tabs would take them from the visible one. */
function rest() {
  events?.close()
  events = undefined
}

document.addEventListener('click', (event) => {
  const summary = event.target instanceof Element ? event.target.closest('summary') : null
  if (summary?.parentElement?.id) touched.add(summary.parentElement.id)
})
document.addEventListener('visibilitychange', wake)
addEventListener('online', wake)
addEventListener('pageshow', (event) => {
  if (event.persisted) wake()
})
addEventListener('offline', () => void refresh())
addEventListener('pagehide', rest)
setInterval(watch, 1_000)
document.documentElement.dataset['live'] = 'true'
if (document.visibilityState !== 'hidden') listen()
