/** What a person needs beside a red thing. */
export interface Advice {
  /**
   * A command that a person can paste. `{target}` stands for the culprit, `{component}` and `{replica}` for the parts
   * of a replica's name, `{stream}` and `{group}` for those of a consumer group's.
   */
  readonly nextStep: string
  /** Id of its page in the runbook. */
  readonly runbook: string
}

// What a shell takes literally. Names of replicas and groups come from targets, and the line is meant to be pasted.
// A name that begins with a dash would be taken for an option.
const LITERAL = /^[\w.:@%+=,/][\w.:@%+=,/-]{0,119}$/

/** The command with the culprit's name in it; a name that a shell might not take literally stays a placeholder. */
export function nextStepFor({ nextStep }: Advice, culprit: string | undefined): string {
  const [first = '', ...rest] = (culprit ?? '').split('/')
  const names: Record<string, string> = {
    target: culprit ?? '',
    replica: rest.at(-1) ?? first,
    component: first,
    stream: first,
    group: rest.join('/'),
  }
  return nextStep.replace(/\{(target|component|replica|stream|group)\}/g, (_, name: string) => {
    const value = names[name] ?? ''
    return LITERAL.test(value) ? value : `<${name}>`
  })
}
