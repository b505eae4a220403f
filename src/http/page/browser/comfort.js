// @ts-check
// What else the page does with JavaScript: shows how long ago things were, copies commands, prepares for paper.

/** Keeps "(3 min ago)" true, by the clock of the exporter: the last evaluation, and when it was heard of here. */
let offset = Date.now() - Date.parse(document.getElementById('page')?.dataset['evaluatedAt'] ?? '')

document.addEventListener('page:second', (event) => {
  const { told } = /** @type {CustomEvent} */ (event).detail
  const stated = Date.parse(told.evaluatedAt)
  if (!Number.isNaN(stated)) offset = told.firstHeardAt - stated
  tell()
})
document.addEventListener('page:shown', tell)

function tell() {
  const now = Date.now() - offset
  for (const element of document.querySelectorAll('[data-ago]')) {
    const at = Date.parse(/** @type {HTMLElement} */ (element).dataset['ago'] ?? '')
    if (!Number.isNaN(at)) element.textContent = `(${ago(now - at)})`
  }
  const fresh = document.querySelector('[data-fresh]')
  const at = Date.parse(document.getElementById('page')?.dataset['evaluatedAt'] ?? '')
  if (fresh !== null && !Number.isNaN(at)) fresh.textContent = ago(now - at)
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
  if (printed !== null) printed.textContent = `Printed at ${new Date().toISOString()} from ${location.href}`
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
