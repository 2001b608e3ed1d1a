import { Migration } from '@mikro-orm/migrations'

/** With a default, so that the release before this one goes on registering accounts while this one is rolled out. */
export class SessionEpoch extends Migration {
  override up(): void {
    this.addSql('alter table accounts add column session_epoch integer not null default 0')
  }
}
