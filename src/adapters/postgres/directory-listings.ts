import { Migration } from '@mikro-orm/migrations'
import { OUR_SCHEMA } from './writes-by-hand.ts'

/*
 * Markets that a directory lists and that have no organizer here. The release before knows one directory, and writes nulls
 * into what it does not know when it imports: a trigger says what they are then.
 */

const DIRECTORY = '6d666c77-0000-4000-8000-000000000001'
/** Whose account it was before it had an id of its own; a password opens neither. */
const OF_DIRECTORY = `
  organizer_id in (select id from accounts
    where id = '${DIRECTORY}' or (email = 'usda-directory@marketflow.invalid' and password_hash = '!'))`

const COLUMNS = `
  alter table markets
    add column directory_source text,
    add column listing jsonb,
    add column unclaimed boolean not null default false`

const FOLLOWS = [
  `create function marketflow_follow_directory() returns trigger language plpgsql set search_path from current as $$
    begin
      if new.directory_id is not null and new.directory_source is null then new.directory_source := 'usda'; end if;
      new.unclaimed := coalesce(new.unclaimed, new.directory_id is not null and new.organizer_id = '${DIRECTORY}');
      return new;
    end $$`,
  `create trigger markets_followed_directory before insert on markets
    for each row execute function marketflow_follow_directory()`,
]

/** What was imported so far: stalls were made up, and vendors without an answer are left as they are. */
const IMPORTED = [
  `update markets set directory_source = 'usda' where directory_id is not null`,
  `update markets set unclaimed = true, stall_count = vendor_count where directory_id is not null and ${OF_DIRECTORY}`,
]

const UNIQUE = [
  'alter table markets drop constraint markets_directory_id_unique',
  'create unique index markets_directory_unique on markets (directory_source, directory_id)',
]

/** What an import has come across so far, which is too much for its memory. Lost with a crash, as the import is. */
const SEEN = `
  create unlogged table directory_row_seen (
    run uuid not null,
    directory_id text not null,
    line integer not null,
    noted_at timestamptz not null default now(),
    primary key (run, directory_id)
  )`

export class DirectoryListings extends Migration {
  override up(): void {
    for (const statement of [OUR_SCHEMA, COLUMNS, ...FOLLOWS, ...IMPORTED, ...UNIQUE, SEEN])
      this.addSql(statement)
  }
}
