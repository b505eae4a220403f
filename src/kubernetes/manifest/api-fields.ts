import fields from './api-fields.json' with { type: 'json' }

/** What the API server does with a field; `api-fields.json` is made from Kubernetes itself by `scripts/api-fields.ts`. */
export interface ApiField {
  /** Name of the API's type of the object, or of the entries of the list, that the field holds. */
  readonly type?: string
  /** Absent means something else than empty, false or 0, so the server keeps these apart. */
  readonly pointer?: boolean
  /** What the server puts in when the field is absent. */
  readonly default?: unknown
  /** The server puts in something that depends on other fields. */
  readonly derived?: boolean
}

const known: Readonly<Record<string, Readonly<Record<string, ApiField>> | undefined>> = fields

/**
 * Fields that are filled by what is no defaulting function: allocation of addresses and ports
 * (pkg/registry/core/service), the strategy and controller of Jobs, and whoever scales a workload.
 */
const filledElsewhere: Readonly<Record<string, readonly string[] | undefined>> = {
  ServiceSpec: ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort'],
  ServicePort: ['nodePort'],
  JobSpec: ['selector', 'completions', 'backoffLimit'],
  DeploymentSpec: ['replicas'],
  StatefulSetSpec: ['replicas'],
}

/** Two names of one field: whichever is set, the server shows both. */
export const aliases: Readonly<Record<string, string | undefined>> = {
  serviceAccount: 'serviceAccountName',
  serviceAccountName: 'serviceAccount',
}

/** What is known of a field of a type; undefined for one that this version of the API does not have. */
export function apiField(type: string | undefined, name: string): ApiField | undefined {
  if (type === undefined) return undefined
  // A kind is no type of the table; its specification is.
  if (name === 'spec' && known[type] === undefined) return { type: `${type}Spec` }
  const field = known[type]?.[name]
  if (field === undefined || filledElsewhere[type]?.includes(name) !== true) return field
  return { ...field, derived: true }
}
