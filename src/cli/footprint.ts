import type { CliProcess } from './process.ts'

/**
 * Options of Node that keep the memory of the daemon small. They count only from the start of a process. A young
 * generation of 2 MB at most, where Node lets it grow to 48 MB; and the old one is collected when it has grown by a tenth,
 * where V8 may let it double. Measured in docs/operate/sizing.md.
 */
export const nodeOptions: readonly string[] = ['--max-semi-space-size=2', '--heap-growing-percent=10']

/**
 * How malloc of the GNU C library keeps memory small: one arena for all threads, what is free at the heap's end goes back to
 * the system from 64 KB on, and each block of 8 KB or more at once: V8's compilers take memory in such pieces, 30 MB in the
 * first minute, and what they leave would stay as holes. Other C libraries do not read these.
 */
export const allocator: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_MMAP_THRESHOLD_: '8192',
}

/**
 * The same for the mirror, which does little. Without compilers it takes 4 MB less, and 3 MB less where V8 collects garbage
 * earlier and inlines nothing. Measured by `npm run bench -- --mirror`.
 */
export const mirrorOptions: readonly string[] = [
  '--optimize-for-size',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--max-semi-space-size=1',
]

/** MB of the old generation of the mirror: a document of 500 replicas takes ten. */
const MIRROR_HEAP = 32

/** Options by which an operator may limit the heap in another way than ours. */
const otherLimits = ['--max-old-space-size-percentage', '--max-heap-size']

/** MB of the old generation where nothing limits the memory: more than hundreds of replicas need. */
const HEAP_WITHOUT_LIMIT = 512

/** What the machine and its control group say, in bytes; `constrained` is 0 where nothing is known. */
export interface Room {
  readonly constrained: number
  readonly total: number
}

/**
 * Largest old generation. Node takes no less than 256 MB in a container that may have less, and 4 GB where nothing limits it.
 * Two thirds of a limit leave a third for what is not in the heap: then V8 ends the process and says why, before the kernel
 * ends it and says nothing.
 */
function heapLimit({ constrained, total }: Room): string {
  const limited = constrained > 0 && constrained < total
  const megabytes = limited ? Math.floor((constrained * 2) / 3 / 2 ** 20) : HEAP_WITHOUT_LIMIT
  return `--max-old-space-size=${megabytes}`
}

/** How a process of Node was started. */
export interface Started {
  /** The options of Node before the name of the script. */
  readonly execArgv: readonly string[]
  readonly env: CliProcess['env']
}

/**
 * What `started` lacks to keep the memory of a program small; undefined when it lacks nothing. What is set already, here or by
 * NODE_OPTIONS, stays as it is.
 */
export function missing(
  { execArgv, env }: Started,
  room: Room,
  program: 'serve' | 'mirror' = 'serve',
): Started | undefined {
  const given = [...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)].map(nameOf)
  const isLimited = otherLimits.some((name) => given.includes(name))
  const [own, limit] =
    program === 'serve'
      ? [nodeOptions, heapLimit(room)]
      : [mirrorOptions, `--max-old-space-size=${MIRROR_HEAP}`]
  const wanted = isLimited ? own : [...own, limit]
  const options = wanted.filter((option) => !given.includes(nameOf(option)))
  const settings = Object.entries(allocator).filter(([name]) => env[name] === undefined)
  if (options.length === 0 && settings.length === 0) return undefined
  return { execArgv: options, env: Object.fromEntries(settings) }
}

/** V8 takes underscores for hyphens in the names of its options. */
function nameOf(option: string): string {
  const [name = ''] = option.split('=')
  return name.replaceAll('_', '-')
}
