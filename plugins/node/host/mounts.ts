/** What a node has mounted below its folder. */
import { readFile } from 'node:fs/promises'
import { runCommand } from '../runtime/run-command.ts'

/** What is mounted below a folder, innermost first. */
export function mountsBelow(mountInfo: string, dir: string): string[] {
  const points = mountInfo.split('\n').flatMap(line => {
    const point = line.split(' ')[4]?.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
    return point?.startsWith(`${dir}/`) ? [point] : []
  })
  return points.sort((a, b) => b.length - a.length)
}

/** Takes off everything that is mounted below a folder. */
export async function unmountBelow(dir: string): Promise<void> {
  const info = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')
  for (const point of mountsBelow(info, dir)) await runCommand('umount', ['-l', point])
}
