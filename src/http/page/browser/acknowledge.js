// @ts-check
// The forms that acknowledge a stop, where the operator switched them on. The token is kept in this variable and nowhere
// else: no storage, no cookie and no address has it, and it is gone with the page.

let token = ''
const ANSWER_WITHIN = 10_000

// A token is not for the wire in plain text: there the page shows the command alone.
if (isSecureContext) document.documentElement.dataset['secure'] = 'true'

document.addEventListener('submit', (event) => {
  const form = event.target
  if (!(form instanceof HTMLFormElement) || form.dataset['stop'] === undefined) return
  event.preventDefault()
  void acknowledge(form)
})

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element) || event.target.closest('[data-forget]') === null) return
  keep('')
})

document.addEventListener('page:shown', showWhatIsKept)

/** @param {HTMLFormElement} form */
async function acknowledge(form) {
  const field = tokenOf(form)
  const given = token === '' ? field.value.trim() : token
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('[type=submit]'))
  button.disabled = true
  tell(form, 'Asking the exporter …')
  const answer = await post(form, given).catch(() => undefined)
  button.disabled = false
  field.value = ''
  if (answer === undefined)
    return tell(form, 'No answer. Whether it is acknowledged shows here within seconds; if not, try again.')
  // A refused token is not kept, and neither is one that may not do this.
  keep(answer.status === 401 || answer.status === 403 ? '' : given)
  tell(form, answer.ok ? 'Acknowledged.' : await refusal(answer))
}

/**
 * @param {HTMLFormElement} form
 * @param {string} given
 */
function post(form, given) {
  const { stop, rollout } = form.dataset
  const reason = /** @type {HTMLInputElement} */ (form.elements.namedItem('reason')).value
  return fetch('acknowledgements', {
    method: 'POST',
    cache: 'no-store',
    redirect: 'error',
    headers: { authorization: `Bearer ${given}`, 'content-type': 'application/json' },
    body: JSON.stringify({ stopCondition: stop, reason, ...(rollout && { rollout }) }),
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  })
}

/** @param {Response} answer */
async function refusal(answer) {
  if (answer.status === 401) return 'The exporter does not know this token. Nothing was acknowledged or kept.'
  const { detail } = await answer.json().catch(() => ({ detail: `It answered ${answer.status}.` }))
  return `Not acknowledged: ${detail}`
}

/**
 * @param {HTMLFormElement} form
 * @param {string} words
 */
function tell(form, words) {
  const outcome = form.querySelector('.outcome')
  if (outcome !== null) outcome.textContent = words
}

/** @param {HTMLFormElement} form */
function tokenOf(form) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem('token'))
}

/** @param {string} next */
function keep(next) {
  token = next
  showWhatIsKept()
}

/** No form asks for a token that is kept. */
function showWhatIsKept() {
  for (const form of document.querySelectorAll('form[data-stop]')) {
    const field = tokenOf(/** @type {HTMLFormElement} */ (form))
    field.required = token === ''
    form.toggleAttribute('data-kept', token !== '')
  }
}
