import { Migration } from '@mikro-orm/migrations'

/** A random id, which databases made from nothing have each of their own, also those embedded in a process. */
export class DatabaseIdentity extends Migration {
  override up(): void {
    this.addSql('alter table cache_sweep add column database_id uuid not null default gen_random_uuid()')
  }
}
