/** What a run of tests or one check came to. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  /** What a person should know about the numbers, one sentence each. */
  readonly remarks: readonly string[]
}

interface TestReport {
  readonly fullName: string
  readonly status: string
}

interface FileReport {
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly TestReport[]
}

/**
 * Counts the tests of vitest's JSON report (`text`, undefined when it was never written). A file that could
 * not be loaded, a run that ended badly with no test to blame, and a skipped test each count as a failure;
 * only when the caller named tests (`filtered`) may the others be skipped.
 */
export function countVitest(
  text: string | undefined,
  exitCode: number,
  { filtered }: { readonly filtered: boolean },
): Counts {
  if (text === undefined) return { passed: 0, failed: 1, remarks: [`vitest wrote no report (${exitCode})`] }
  const { testResults: files } = JSON.parse(text) as { readonly testResults: readonly FileReport[] }
  const tests = files.flatMap((file) => file.assertionResults)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const failedTests = tests.filter(({ status }) => status === 'failed')
  const skipped = filtered ? [] : tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
  const broken = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  )
  const failed = failedTests.length + skipped.length + broken.length
  const unexplained = exitCode !== 0 && failed === 0
  return {
    passed,
    failed: unexplained ? 1 : failed,
    remarks: [
      ...skipped.map(({ fullName }) => `skipped: ${fullName}`),
      ...broken.map(({ name }) => `could not be loaded or torn down: ${name}`),
      ...(unexplained ? [`vitest ended with ${exitCode} though no test failed: see above`] : []),
    ],
  }
}
