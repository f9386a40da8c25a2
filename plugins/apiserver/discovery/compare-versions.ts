/** v2 before v1 before v1beta1 before v1alpha1 before anything else. Source: k8s.io/apimachinery pkg/version.CompareKubeAwareVersionStrings */
export function compareVersions(a: string, b: string): number {
  const parse = (text: string) => /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(text)
  const [x, y] = [parse(a), parse(b)]
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : 1
  const rank = { undefined: 0, beta: 1, alpha: 2 } as Record<string, number>
  return rank[String(x[2])]! - rank[String(y[2])]! || Number(y[1]) - Number(x[1]) || Number(y[3] ?? 0) - Number(x[3] ?? 0)
}
