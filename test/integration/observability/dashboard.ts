import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[]
}

export interface Dashboard {
  readonly title: string
  readonly uid: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[]
  }
}

const docs = new URL('../../../docs/', import.meta.url)

export async function readDashboard(): Promise<Dashboard> {
  return JSON.parse(await readFile(new URL('grafana-dashboard.json', docs), 'utf8'))
}

export interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string }
}

export async function readAlerts(): Promise<AlertRule[]> {
  const { groups } = parse(await readFile(new URL('prometheus-alerts.yml', docs), 'utf8'))
  return groups.flatMap(({ rules }: { rules: AlertRule[] }) => rules)
}

/** The metrics that `operations.md` tells operators to watch. */
export async function documentedMetrics(): Promise<string[]> {
  const text = await readFile(new URL('operations.md', docs), 'utf8')
  const table = text
    .split('\n')
    .filter((line) => line.startsWith('| `marketflow_'))
    .join('\n')
  return [...table.matchAll(/`(marketflow_\w+)/g)].map(([, name]) => name!)
}

/** A metric's name and the labels it is selected or grouped by. */
export function selectorsOf(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b((?:marketflow|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name, matchers = '']) => ({
      name: name!,
      labels: [...matchers.matchAll(/(\w+)(?:=~|!=|!~|=)"/g)].map(([, label]) => label!),
    }),
  )
}
