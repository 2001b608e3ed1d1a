import { type Container, ContainerModule, type ServiceIdentifier } from 'inversify'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import { Mailer } from '../../application/ports/mailer.ts'
import { PageRenderer } from '../../application/ports/page-renderer.ts'
import { PasswordHasher } from '../../application/ports/password-hasher.ts'
import { TokenIssuer } from '../../application/ports/token-issuer.ts'
import { Transactions } from '../../application/ports/transactions.ts'
import { Reads, Writes } from '../../application/tables/reads-and-writes.ts'
import type { Dependencies } from '../../application/use-case/use-case.ts'
import { type Application, USE_CASES } from '../../application/use-cases.ts'

/** What each dependency of a use case is to the container. */
const DEPENDENCIES: { readonly [Name in keyof Dependencies]: ServiceIdentifier<Dependencies[Name]> } = {
  reads: Reads,
  writes: Writes,
  transactions: Transactions,
  hasher: PasswordHasher,
  tokens: TokenIssuer,
  mailer: Mailer,
  renderer: PageRenderer,
  clock: Clock,
  random: Random,
}

type Made<Result> = (needs: Dependencies) => Result

/** What a use case is bound to: itself, the function that makes it from what it needs. */
export function serviceOf<Result>(useCase: Made<Result>): ServiceIdentifier<Result> {
  return useCase as unknown as ServiceIdentifier<Result>
}

/** Every use case of the registry. They keep no state, so that one of each serves everybody. */
export const useCases = new ContainerModule(({ bind }) => {
  const names = Object.keys(DEPENDENCIES)
  for (const useCase of Object.values<Made<unknown>>(USE_CASES)) {
    bind(serviceOf(useCase))
      .toResolvedValue(
        (...found: unknown[]) =>
          useCase(Object.fromEntries(names.map((name, i) => [name, found[i]])) as unknown as Dependencies),
        Object.values(DEPENDENCIES),
      )
      .inSingletonScope()
  }
})

/** What HTTP asks: every use case by its name in the registry. */
export async function applicationOf(container: Container): Promise<Application> {
  const found = Object.entries<Made<unknown>>(USE_CASES).map(
    async ([name, useCase]) => [name, await container.getAsync(serviceOf(useCase))] as const,
  )
  return Object.fromEntries(await Promise.all(found)) as Application
}
