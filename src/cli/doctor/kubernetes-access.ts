import type { AccessNeed } from '../../kubernetes/needs.ts'
import { KubernetesFailure, type Kubernetes } from '../../connections/kubernetes.ts'
import { isObject, objectAt, textAt } from '../../kubernetes/manifest/objects.ts'

/** A need at a place. */
export interface Access extends AccessNeed {
  readonly namespace: string
  /** Of the one object that is meant; absent: all of the namespace. */
  readonly name?: string
}

/** An access with the verbs that are refused. */
export interface AccessAsked extends Access {
  readonly refused: readonly string[]
}

const ASK_WITHIN = 5_000
const LARGEST_ANSWER = 256 * 1024

/**
 * As whom the API server sees us; empty where it does not say so, as before Kubernetes 1.28.
 * @throws KubernetesFailure when it can't be asked, or does not take the token
 */
export async function userOf(kubernetes: Kubernetes): Promise<string> {
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  try {
    const answer = await post(kubernetes, path, body)
    return textAt(objectAt(objectAt(answer, 'status'), 'userInfo'), 'username')
  } catch (fault) {
    const isOld = fault instanceof KubernetesFailure && (fault.status === 404 || fault.status === 403)
    if (isOld) return ''
    throw fault
  }
}

/**
 * Asks the API server for each verb whether it would be allowed.
 * @throws KubernetesFailure when it can't be asked
 */
export async function asked(kubernetes: Kubernetes, access: Access): Promise<AccessAsked> {
  const { group, resource, namespace, name, verbs } = access
  const answers = await Promise.all(
    verbs.map(async (verb) => {
      const resourceAttributes = { group, resource, namespace, verb, ...(name !== undefined && { name }) }
      const answer = await post(kubernetes, '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      })
      return { verb, allowed: objectAt(answer, 'status')['allowed'] === true }
    }),
  )
  return { ...access, refused: answers.flatMap(({ verb, allowed }) => (allowed ? [] : [verb])) }
}

/** Labels of the objects that a path lists. @throws KubernetesFailure */
export async function labelsIn(
  kubernetes: Kubernetes,
  path: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const deadline = AbortSignal.timeout(ASK_WITHIN)
  const answer = await kubernetes.json('GET', path, {
    deadline,
    maxBytes: 4 * 1024 * 1024,
    metadataOnly: true,
  })
  const items = isObject(answer) && Array.isArray(answer['items']) ? answer['items'].filter(isObject) : []
  return items.map((item) => objectAt(objectAt(item, 'metadata'), 'labels'))
}

async function post(kubernetes: Kubernetes, path: string, body: object): Promise<Record<string, unknown>> {
  const deadline = AbortSignal.timeout(ASK_WITHIN)
  const answer = await kubernetes.json('POST', path, { body, deadline, maxBytes: LARGEST_ANSWER })
  return isObject(answer) ? answer : {}
}
