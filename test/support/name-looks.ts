import { HttpFailure } from '../../src/connections/http-exchange.ts'
import { openHttp } from '../../src/connections/http.ts'

export interface NamesSeen {
  /** Statuses of the answers from `known`, or why there was none. */
  readonly known: string[]
  /** Why there was none from the others. */
  readonly silent: string[]
}

/** The words of a program that looks at `known` over and over, and meanwhile at names that are never answered. */
export function nameLooks(known: string, silent: number, rounds: number): readonly string[] {
  return ['test/support/name-looks.ts', known, String(silent), String(rounds)]
}

async function lookOver(known: string, count: number, rounds: number): Promise<NamesSeen> {
  const http = openHttp()
  const urls = Array.from({ length: count }, (_, index) => `http://silent-${index + 1}.test/ready`)

  async function look(url: string): Promise<string> {
    try {
      const { status } = await http.get(url, { deadline: AbortSignal.timeout(1_000), maxBytes: 1_024 })
      return String(status)
    } catch (fault) {
      if (fault instanceof HttpFailure) return fault.reason
      throw fault
    }
  }

  const seen: NamesSeen = { known: [], silent: [] }
  for (let round = 0; round < rounds; round += 1) {
    const [own = '', ...others] = await Promise.all([known, ...urls].map(look))
    seen.known.push(own)
    seen.silent.push(...others)
  }
  return seen
}

const [, program = '', known, silent, rounds] = process.argv
if (program.endsWith('name-looks.ts') && known !== undefined) {
  process.stdout.write(JSON.stringify(await lookOver(known, Number(silent), Number(rounds))))
  process.exit()
}
