import { AS_OWNER } from './writes-by-hand.ts'

interface Following {
  readonly table: string
  /** What tells a row from every other. */
  readonly key: readonly string[]
  /** All else that the kept rows depend on; may be null. A row of which none of them changes is left alone. */
  readonly columns: readonly string[]
  readonly function: string
  /** Begins the names of the triggers. */
  readonly trigger: string
  /** Each for the rows of a table or of a subquery. */
  readonly add: (rows: string) => string
  readonly remove: (rows: string) => string
  readonly removeAll: string
}

/** Triggers by which rows elsewhere follow those of a table: for every writer, once per statement. */
export function following({ table, key, columns, function: name, trigger, ...kept }: Following): string[] {
  const values = (row: string, names: readonly string[]) =>
    `(${names.map((each) => `${row}.${each}`).join(', ')})`
  // Keys are compared by themselves, so that they can be hashed.
  const differing = (rows: string, others: string) => `(
    select * from ${rows} r where not exists (
      select from ${others} o where ${values('r', key)} = ${values('o', key)}
        and ${values('r', columns)} is not distinct from ${values('o', columns)}))`
  return [
    `create or replace function ${name}() returns trigger language plpgsql ${AS_OWNER} as $$
      begin
        if tg_op = 'INSERT' then ${kept.add('arrived')};
        elsif tg_op = 'DELETE' then ${kept.remove('departed')};
        elsif tg_op = 'UPDATE' then
          ${kept.remove(differing('departed', 'arrived'))};
          ${kept.add(differing('arrived', 'departed'))};
        else ${kept.removeAll};
        end if;
        return null;
      end $$`,
    ...[
      ['insert', 'referencing new table as arrived'],
      ['update', 'referencing old table as departed new table as arrived'],
      ['delete', 'referencing old table as departed'],
      ['truncate', ''],
    ].map(
      ([event, tables]) => `
        create or replace trigger ${trigger}_on_${event} after ${event} on ${table} ${tables}
          for each statement execute function ${name}()`,
    ),
  ]
}
