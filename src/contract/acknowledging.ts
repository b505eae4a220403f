import { asked, word } from '../core/shell.ts'

/** Where the exporter is, for commands that ask it. */
export interface Exporter {
  /** The address by which people reach it. */
  readonly externalUrl: string | null
  /** Its pod, where it runs in one, with the file there of a token that may acknowledge. */
  readonly pod: {
    readonly namespace: string
    readonly name: string
    readonly tokenFile: string | null
  } | null
}

/** The commands that acknowledge a stop condition. The shell asks for what only the person has. */
export interface Acknowledging {
  /** With the command line of one's own. */
  readonly command: string
  /** With the one in the exporter's pod; undefined where there is none, or no token that may. */
  readonly inPod?: string
}

/**
 * @param stop id of the stop condition
 * @param exporter where it is; another address replaces `externalUrl` where that is not set
 */
export function acknowledging(stop: string, { externalUrl, pod }: Exporter): Acknowledging {
  const url = externalUrl === null ? asked('CARACAL_GATE_URL', 'address of the exporter') : word(externalUrl)
  const reason = `--reason ${asked('REASON', 'why it is safe to continue')}`
  const token = `--token-file ${asked('TOKEN_FILE', 'file with a token of scope acknowledge')}`
  const ack = `ack ${word(stop)}`
  const command = `caracal-gate ${ack} --url ${url} ${token} ${reason}`
  if (pod === null || pod.tokenFile === null) return { command }
  const { namespace, name, tokenFile } = pod
  const inside = `kubectl -n ${word(namespace)} exec ${word(name)} -c exporter -- node /app/main.js`
  const author = `--actor ${asked('USER', 'your name')} --token-file ${word(tokenFile)} ${reason}`
  return { command, inPod: `${inside} ${ack} ${author}` }
}
