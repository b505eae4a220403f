import { word } from '../core/shell.ts'
import { psql, redisCli } from './store-commands.ts'
import type { Options } from './options.ts'

/** The beginnings of commands that find the platform's objects, whatever their names are in this installation. */
export function commandsFor({ release, addresses }: Pick<Options, 'release' | 'addresses'>) {
  const { name, namespace } = release
  const instance = `app.kubernetes.io/instance=${name}`
  return {
    kubectl: `kubectl -n ${word(namespace)}`,
    helm: `helm -n ${word(namespace)}`,
    /** The release as an argument of helm. */
    release: word(name),
    namespace: word(namespace),
    /** Selects the objects of these components; without one, those of the release. */
    labelled: (...components: readonly string[]): string => {
      const [one = '', ...more] = components
      const component = 'app.kubernetes.io/component'
      if (one === '') return `-l ${word(instance)}`
      if (more.length === 0) return `-l ${word(`${instance},${component}=${one}`)}`
      return `-l ${word(`${instance},${component} in (${components.join(',')})`)}`
    },
    /** Our own command line, told where the exporter is. */
    gate: (args: string): string =>
      addresses?.externalUrl === undefined
        ? `caracal-gate ${args}`
        : `caracal-gate ${args} --url ${word(addresses.externalUrl)}`,
    redis: redisCli(addresses?.redis),
    psql: psql(addresses?.postgres),
  }
}
