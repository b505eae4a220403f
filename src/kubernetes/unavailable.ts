import { KubernetesFailure } from '../connections/kubernetes.ts'
import type { Unavailable } from '../core/observation.ts'
import { firstFew } from '../core/lists.ts'
import { plain } from '../core/text.ts'

/** Why objects of a kind can't be seen, from what was thrown. */
export function unavailableFrom(fault: unknown, name: string): Unavailable {
  if (fault instanceof KubernetesFailure) {
    const { unknownReason, reason, message } = fault
    return { unknownReason, reason, message }
  }
  const text = fault instanceof Error ? fault.message : String(fault)
  const message = `the answer for ${name} was not understood: ${text}`
  return { unknownReason: 'malformed', reason: 'unexpected_answer', message }
}

/** Whether asking again promises nothing: somebody has to fix it first. */
export function isFinal(fault: unknown): boolean {
  if (!(fault instanceof KubernetesFailure)) return true
  const { status, unknownReason } = fault
  if (status === undefined) return unknownReason === 'malformed' || unknownReason === 'unauthorized'
  return status >= 400 && status < 500 && ![408, 409, 410, 429].includes(status)
}

export function neverListed(name: string): Unavailable {
  const message = `${name} were not listed yet`
  return { unknownReason: 'never_measured', reason: 'not_listed', message }
}

/** Names are cut after a few: what is wrong with one is most often wrong with all. */
export function notUnderstood(name: string, strange: readonly string[]): Unavailable {
  const named = firstFew(
    strange.map((one) => plain(one, 80)),
    3,
  )
  const message = `of the ${name}, ${named} can't be understood: look at them with kubectl get -o yaml, fields that the API server always writes are missing or of another type`
  return { unknownReason: 'malformed', reason: 'unexpected_object', message }
}
