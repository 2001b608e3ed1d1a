import { ContainerModule } from 'inversify'
import { HtmlPages } from '../../adapters/http/pages/html-pages.ts'
import { PageRenderer } from '../../application/ports/page-renderer.ts'
import type { Config } from '../config/config.ts'

/** What the public pages are rendered by. */
export const pages = ({ publicUrl }: Config) =>
  new ContainerModule(({ bind }) => {
    bind(PageRenderer)
      .toResolvedValue(() => new HtmlPages(publicUrl))
      .inSingletonScope()
  })
