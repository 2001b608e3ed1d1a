import { asyncCacheDedupeMemory, asyncCacheDedupeRedis } from './async-cache-dedupe.ts'
import { bentocacheMemory, bentocacheRedis, bentocacheTiered } from './bentocache.ts'
import { cacheManagerMemory, cacheManagerRedis, cacheManagerTiered } from './cache-manager.ts'
import { cachifiedMemory, cachifiedRedis } from './cachified.ts'
import { chapterPattern } from './chapter-pattern.ts'
import {
  layeredLoaderMemory,
  layeredLoaderNotified,
  layeredLoaderRedis,
  layeredLoaderTiered,
} from './layered-loader.ts'
import type { Rival } from './rival.ts'

/** Everybody, those in memory first. */
export const RIVALS: readonly Rival[] = [
  bentocacheMemory,
  cacheManagerMemory,
  cachifiedMemory,
  layeredLoaderMemory,
  asyncCacheDedupeMemory,
  chapterPattern,
  bentocacheRedis,
  cacheManagerRedis,
  cachifiedRedis,
  layeredLoaderRedis,
  asyncCacheDedupeRedis,
  bentocacheTiered,
  cacheManagerTiered,
  layeredLoaderNotified,
  layeredLoaderTiered,
]
