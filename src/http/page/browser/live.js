// @ts-check
// Keeps the page what the daemon says. The daemon renders, this fetches the page anew and changes what differs; when
// the daemon is silent, or says nothing new, it says so instead of what was last said.

/**
 * @typedef {{ index: string, evaluatedAt: string, expiresAt: string }} Tick
 * @typedef {{ morph(from: Element, to: Element, options: object): void }} Morpher
 */

/** The page is fetched anew this often for its numbers, and whenever something changed. */
const REFRESH = 5_000
/** The same while nothing can be listened to, and while something is wrong. */
const POLL = 2_000
const RETRY = 1_000
/** The daemon gives a sign of life every two seconds. */
const SILENCE = 6_000
const ANSWER_WITHIN = 4_000
/** Changes that follow one another faster are shown together. */
const BETWEEN = 250

const page = /** @type {HTMLElement} */ (document.getElementById('page'))
const gone = /** @type {HTMLTemplateElement} */ (document.getElementById('gone'))
const announcement = /** @type {HTMLElement} */ (document.getElementById('announcement'))
const icon = /** @type {HTMLLinkElement} */ (document.getElementById('icon'))
const morpher = /** @type {Morpher} */ (Reflect.get(globalThis, 'Idiomorph'))

/** When the daemon was last heard. */
let heardAt = Date.now()
/** The last evaluation that was told of, when it was first heard of, and for how long it may be believed. */
let told = { evaluatedAt: page.dataset['evaluatedAt'] ?? '', firstHeardAt: Date.now(), worth: Infinity }
/** What is wrong, and since when; undefined while all is well. @type {{ why: string, since: number } | undefined} */
let trouble
let fetching = false
let again = false
let lastFetchAt = 0
/** What a person opened or closed stays as it is. @type {Set<string>} */
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
      fail('The daemon refuses to be read: the password is no longer right. Load the page anew.')
    else show(await answer.text())
  } catch {
    fail('The daemon does not answer.')
  }
  fetching = false
  if (again) setTimeout(() => void refresh(), BETWEEN)
}

/** @param {string} text */
function show(text) {
  const next = new DOMParser().parseFromString(text, 'text/html')
  const content = next.getElementById('page')
  if (next.documentElement.dataset['page'] !== 'caracal-gate' || content === null)
    return fail('Something else answers in place of the daemon.')
  // Another version of the daemon has other scripts and styles.
  if (content.dataset['build'] !== page.dataset['build']) return location.reload()
  note({
    index: content.dataset['index'] ?? '',
    evaluatedAt: content.dataset['evaluatedAt'] ?? '',
    expiresAt: content.dataset['expiresAt'] ?? '',
  })
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

/** What a person who does not see is told: the verdict and why. */
function spoken() {
  const words = document.querySelectorAll('#verdict h1, #verdict .sentence')
  return [...words].map((element) => element.textContent?.trim() ?? '').join(': ')
}

/**
 * Nothing that stands there may be believed any more: says so, in the page, in the title and in the icon.
 * @param {string} why
 * @param {number} since
 */
function fail(why, since = Date.now()) {
  if (trouble?.why === why) return
  trouble = { why, since: trouble?.since ?? since }
  const banner = /** @type {DocumentFragment} */ (gone.content.cloneNode(true))
  put(banner, '[data-why]', why)
  document.getElementById('verdict')?.replaceWith(banner)
  put(document, '#why-title', 'What it said before')
  document.documentElement.dataset['gone'] = 'true'
  document.title = gone.dataset['title'] ?? ''
  icon.href = gone.dataset['icon'] ?? ''
  announcement.textContent = `Cannot tell: ${why}`
  tellSince()
}

/** Since when it cannot be told, and for how long that is. */
function tellSince() {
  if (trouble === undefined) return
  const time = `${new Date(trouble.since).toISOString().slice(11, 19)} UTC`
  const span = Math.round((Date.now() - trouble.since) / 1_000)
  put(document, '[data-since]', `since ${time} (${span} s); what stands below is what it said before`)
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

/** Listens to the daemon. Where it cannot be listened to, the page is fetched every few seconds all the same. */
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
    const stands = tick.evaluatedAt === told.evaluatedAt
    note(tick)
    // It judges nothing new, or another thing than what is shown; the page itself says which.
    if (stands || trouble !== undefined || tick.index !== page.dataset['index']) void refresh()
  })
  source.addEventListener('error', () => {
    // A daemon that is gone cuts its connections: asking once more tells at once.
    void refresh()
    // The browser tries again by itself, unless it was refused.
    if (source.readyState === EventSource.CLOSED) reopenAt = Date.now() + REFRESH
  })
}

/** Looks at the clock: a browser that slept notices here that what it shows is old. */
function watch() {
  const now = Date.now()
  // A tab that nobody sees is woken rarely; it asks first, or it would cry wolf each time.
  if (document.visibilityState !== 'hidden' || now - watchedAt < ANSWER_WITHIN) doubt(now)
  watchedAt = now
  if (now - lastFetchAt > pace()) void refresh()
  if (reopenAt !== 0 && now > reopenAt) {
    reopenAt = 0
    if (document.visibilityState !== 'hidden') listen()
  }
  tellSince()
  document.dispatchEvent(new CustomEvent('page:second', { detail: { told, trouble } }))
}

/** @param {number} now */
function doubt(now) {
  // The daemon says so itself then.
  if (trouble !== undefined || page.dataset['verdict'] === 'cannot-tell') return
  if (now - heardAt > SILENCE) fail('The daemon has not been heard.', heardAt)
  else if (now - told.firstHeardAt > Math.max(told.worth, SILENCE))
    fail('The daemon answers, but it does not judge any more.', told.firstHeardAt)
}

function pace() {
  if (trouble !== undefined) return RETRY
  const listening = events?.readyState === EventSource.OPEN
  return listening || document.visibilityState === 'hidden' ? REFRESH : POLL
}

/** Back from sleep, another tab, or a network that was gone: everything at once. */
function wake() {
  if (document.visibilityState === 'hidden') return rest()
  watch()
  void refresh()
  if (events === undefined || events.readyState !== EventSource.OPEN) listen()
}

/** Few connections are granted to one site: tabs in the background would take them from the one that is looked at. */
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
