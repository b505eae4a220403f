// @ts-check
// What else the page does with JavaScript: shows how long ago things were, copies commands, prepares for paper.

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'long' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** By how much the clock of this browser is ahead of that of the exporter, which is the one that counts. */
let offset = Date.now() - Date.parse(document.getElementById('page')?.dataset['evaluatedAt'] ?? '')

document.addEventListener('page:second', (event) => {
  const { told } = /** @type {CustomEvent} */ (event).detail
  const stated = Date.parse(told.evaluatedAt)
  if (!Number.isNaN(stated)) offset = told.firstHeardAt - stated
  tellAges()
})
document.addEventListener('page:shown', () => {
  tellTimes()
  tellAges()
})
document.addEventListener('page:gone', (event) => {
  const { since } = /** @type {CustomEvent} */ (event).detail
  const at = new Date(Number.isNaN(offset) ? since : since - offset).toISOString()
  document.querySelector('#verdict time')?.setAttribute('datetime', at)
  document.querySelector('#verdict [data-ago]')?.setAttribute('data-ago', at)
  tellTimes()
  tellAges()
})
tellTimes()

function exporterNow() {
  return Number.isNaN(offset) ? Date.now() : Date.now() - offset
}

/** Writes every moment in the time zone of the reader; the title of each keeps UTC. */
function tellTimes() {
  const today = dayOf(exporterNow())
  for (const element of document.querySelectorAll('time')) {
    const at = Date.parse(element.dateTime)
    if (!Number.isNaN(at)) element.textContent = local(at, today)
  }
}

/** @param {number} at */
function dayOf(at) {
  return day.format(at)
}

/**
 * @param {number} at
 * @param {string} today
 */
function local(at, today) {
  const time = clock.format(at)
  return dayOf(at) === today ? time : `${dayOf(at)}, ${time}`
}

/** Keeps "3 min ago" true. */
function tellAges() {
  const now = exporterNow()
  for (const element of document.querySelectorAll('[data-ago]')) {
    const at = Date.parse(/** @type {HTMLElement} */ (element).dataset['ago'] ?? '')
    if (!Number.isNaN(at)) element.textContent = ago(now - at)
  }
}

/** @param {number} span in milliseconds */
function ago(span) {
  const seconds = Math.max(0, Math.floor(span / 1_000))
  if (seconds < 1) return 'just now'
  if (seconds < 120) return `${seconds} s ago`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min ago`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`} ago`
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null
  if (button instanceof HTMLElement) void copy(button)
})

/** @param {HTMLElement} button */
async function copy(button) {
  const code = button.parentElement?.querySelector('code')
  if (code === null || code === undefined) return
  const text = code.textContent ?? ''
  const done = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  )
  // Where a page may not write to the clipboard (plain HTTP elsewhere than on this machine) the text is selected.
  if (done !== true) getSelection()?.selectAllChildren(code)
  const announcement = document.getElementById('announcement')
  const words = done === true ? 'Copied' : 'Selected: copy it with the keyboard'
  if (announcement !== null) announcement.textContent = words
  button.textContent = done === true ? 'Copied' : 'Selected'
  setTimeout(() => (button.textContent = 'Copy'), 2_000)
}

/** Details that are opened for paper, to be closed again. @type {HTMLDetailsElement[]} */
let opened = []

function beforePrint() {
  if (opened.length > 0) return
  opened = [...document.querySelectorAll('details')].filter((details) => !details.open)
  for (const details of opened) details.open = true
  const printed = document.querySelector('[data-printed]')
  if (printed !== null)
    printed.textContent = `Printed at ${new Date(exporterNow()).toISOString()} from ${location.href}`
}

function afterPrint() {
  for (const details of opened) details.open = false
  opened = []
}

addEventListener('beforeprint', beforePrint)
addEventListener('afterprint', afterPrint)
matchMedia('print').addEventListener('change', ({ matches }) => (matches ? beforePrint() : afterPrint()))
// A link to something that is closed opens it.
function openTarget() {
  const target =
    location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null
  const closed = target?.closest('details')
  if (closed) closed.open = true
  target?.scrollIntoView()
}
addEventListener('hashchange', openTarget)
if (location.hash !== '') openTarget()
