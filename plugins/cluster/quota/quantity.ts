/** Writes quantities as Kubernetes does: `1500m`, `512Mi`. Pure. Reading them is core's. Source: apimachinery pkg/api/resource Quantity */
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** In the largest binary unit that divides it. */
function formatBytes(bytes: number): string {
  let unit = 0
  let value = bytes
  while (value !== 0 && value % 1024 === 0 && unit < binary.length - 1) {
    value /= 1024
    unit++
  }
  return `${value}${binary[unit]}`
}

/** @param resource `requests.memory`, `limits.cpu`, `pods`, …: its last part decides the notation */
export function formatQuantity(resource: string, value: number): string {
  if (/(^|\.)(memory|storage|ephemeral-storage)$/.test(resource)) return formatBytes(Math.ceil(value))
  const milli = Math.ceil(Math.round(value * 1e6) / 1e3)
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`
}
