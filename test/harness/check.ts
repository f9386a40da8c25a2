/** One thing that a scenario must have seen. Prints what was seen; @throws Error with the evidence when it was not */
export function check(what: string, isSo: boolean, evidence: unknown = ''): void {
  if (!isSo) throw new Error(`not so: ${what}${evidence ? `; seen: ${String(evidence).trim()}` : ''}`)
  console.log(`  ✓ ${what}`)
}
