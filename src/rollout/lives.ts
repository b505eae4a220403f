import type { Life } from '../core/rollout.ts'

/** Lives that are remembered: a rollout an hour for three weeks. */
const REMEMBERED = 500

/** The rollouts that have begun with one more; the oldest are forgotten where there are too many. */
export function withLife(begun: readonly Life[], { id, startedAt }: Life): readonly Life[] {
  return inOrder([...begun.filter((life) => life.id !== id), { id, startedAt }])
}

/** What two replicas of the daemon know together: each id once, from when either saw it begin first. */
export function mergeLives(ours: readonly Life[], theirs: readonly Life[]): readonly Life[] {
  const lives = new Map<string, Life>()
  for (const life of [...theirs, ...ours]) {
    const known = lives.get(life.id)
    if (known === undefined || life.startedAt < known.startedAt) lives.set(life.id, life)
  }
  return inOrder([...lives.values()])
}

function inOrder(lives: readonly Life[]): readonly Life[] {
  return lives
    .toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .slice(-REMEMBERED)
}

/** The id, or the first of `id-2`, `id-3` and so on that no rollout has had: a new release has the revisions of the old. */
export function unusedId(id: string, begun: readonly Life[]): string {
  const used = new Set(begun.map((life) => life.id))
  if (!used.has(id)) return id
  let n = 2
  while (used.has(`${id}-${n}`)) n += 1
  return `${id}-${n}`
}
