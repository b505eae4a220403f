/** What every object of the API carries; times are RFC 3339 texts, as on the wire. */
export type ObjectMeta = {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[]
}

/** Any object of the API as JSON. */
export type KubernetesObject = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** A list of objects, with the version from which a watch continues. */
export type KubernetesList<T> = {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly T[]
}

/** A container as a pod's specification names it. */
export type PodContainer = {
  readonly name: string
  readonly image: string
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
}

/** The parts of a pod that a kubelet needs. */
export type Pod = KubernetesObject & {
  readonly spec: {
    readonly nodeName?: string
    readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
    readonly containers: readonly PodContainer[]
    readonly initContainers?: readonly PodContainer[]
  }
  readonly status?: { readonly phase?: string; readonly podIP?: string }
}
