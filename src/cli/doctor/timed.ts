import type { Millis } from '../../core/time.ts'

/** The value of a promise, or undefined when it takes longer than `within`. What it would have thrown later is dropped. */
export async function timed<Value>(promise: Promise<Value>, within: Millis): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), within)
  })
  promise.catch(() => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
