/** Who a process in a container runs as. Source: image-spec config.md `User`, and kubelet's security context rules. */
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerUser } from '../runtime/container-runtime.ts'

export class UserError extends Error {
  readonly reason = 'CreateContainerConfigError'
}

export interface UserFiles {
  passwd: string
  group: string
}

/** The files of the highest layer that has them. */
export async function userFiles(layers: string[]): Promise<UserFiles> {
  const read = async (path: string) => {
    for (const layer of layers.toReversed()) {
      const file = join(layer, path)
      const etc = await lstat(join(layer, 'etc')).catch(() => undefined)
      const found = etc?.isDirectory() ? await lstat(file).catch(() => undefined) : undefined
      if (found?.isFile() && found.size < 1 << 20) return readFile(file, 'utf8')
    }
    return ''
  }
  const [passwd, group] = await Promise.all([read('etc/passwd'), read('etc/group')])
  return { passwd, group }
}

const rows = (text: string) => text.split('\n').map(line => line.split(':'))
const isNumber = (text: string) => /^\d+$/.test(text)

export interface RunAs {
  runAsUser?: number
  runAsGroup?: number
  runAsNonRoot?: boolean
  supplementalGroups?: number[]
  fsGroup?: number
}

/**
 * @param imageUser the image's `User`: `user`, `uid`, `user:group`, `uid:gid` or empty
 * @throws UserError in kubelet's words
 */
export function resolveUser(
  imageUser: string,
  { passwd, group }: UserFiles,
  asked: RunAs,
  where: { image: string },
): ContainerUser {
  const [userPart = '', groupPart = ''] = imageUser.split(':')
  const name = asked.runAsUser === undefined ? userPart || '0' : String(asked.runAsUser)
  const row = rows(passwd).find(([login, , uid]) => (isNumber(name) ? uid === name : login === name))
  if (!isNumber(name) && !row)
    throw new UserError(`unable to find user ${name}: no matching entries in passwd file of image ${JSON.stringify(where.image)}`)
  if (asked.runAsNonRoot && asked.runAsUser === undefined && !isNumber(name))
    throw new UserError(`container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root`)
  const uid = Number(isNumber(name) ? name : row![2])
  if (asked.runAsNonRoot && uid === 0)
    throw new UserError(
      asked.runAsUser === 0
        ? `container's runAsUser breaks non-root policy`
        : 'container has runAsNonRoot and image will run as root',
    )
  const groupRow = isNumber(groupPart) ? undefined : rows(group).find(([g]) => g === groupPart)
  if (asked.runAsUser === undefined && groupPart && !isNumber(groupPart) && !groupRow)
    throw new UserError(
      `unable to find group ${groupPart}: no matching entries in group file of image ${JSON.stringify(where.image)}`,
    )
  const imageGid = groupPart ? Number(isNumber(groupPart) ? groupPart : groupRow?.[2]) : undefined
  const gid = asked.runAsGroup ?? (asked.runAsUser === undefined ? imageGid : undefined) ?? Number(row?.[3] ?? 0)
  const login = row?.[0]
  const memberOf = login
    ? rows(group).flatMap(([, , id, members]) => (members?.split(',').includes(login) ? [Number(id)] : []))
    : []
  const groups = [
    ...new Set([...memberOf, ...(asked.supplementalGroups ?? []), ...(asked.fsGroup === undefined ? [] : [asked.fsGroup])]),
  ]
  return { uid, gid, groups: groups.filter(g => g !== gid) }
}
