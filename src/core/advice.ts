/** What a person needs beside a red thing. */
export interface Advice {
  /**
   * A command that a person can paste. `{target}` stands for the culprit, `{replica}` for its last part, `{stream}`
   * and `{group}` for the parts of a consumer group's name.
   */
  readonly nextStep: string
  /** Anchor in the operator's documentation. */
  readonly runbook: string
}

// What a shell takes literally. Names of replicas and groups come from targets, and the line is meant to be pasted.
const LITERAL = /^[\w.:@%+=,/-]{1,120}$/

/** The command with the culprit's name in it; a name that a shell might not take literally stays a placeholder. */
export function nextStepFor({ nextStep }: Advice, culprit: string | undefined): string {
  const [first = '', ...rest] = (culprit ?? '').split('/')
  const names: Record<string, string> = {
    target: culprit ?? '',
    replica: rest.at(-1) ?? first,
    stream: first,
    group: rest.join('/'),
  }
  return nextStep.replace(/\{(target|replica|stream|group)\}/g, (_, name: string) => {
    const value = names[name] ?? ''
    return LITERAL.test(value) ? value : `<${name}>`
  })
}
