import type { Options } from './options.ts'

/** The beginnings of commands that find the platform's objects, whatever their names are in this installation. */
export function commandsFor({ release }: Pick<Options, 'release'>) {
  const { name, namespace } = release
  return {
    kubectl: `kubectl -n ${namespace}`,
    helm: `helm -n ${namespace}`,
    labelled: (component: string) =>
      `-l app.kubernetes.io/instance=${name},app.kubernetes.io/component=${component}`,
  }
}
