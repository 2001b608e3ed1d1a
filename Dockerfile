# The source runs as it is, so there is nothing to build: one stage installs, the other runs.
FROM node:26.10.0-alpine AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:26.10.0-alpine
WORKDIR /app
# DATA_DIR holds a control socket and nothing to keep: with a DATABASE_URL nothing is ever written elsewhere.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/tmp/marketflow
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
# Compiled here once, for every start: the file system is read-only then. By the account that will read it, whose number is
# in the cache's name; what it leaves is root's like the rest.
RUN mkdir -p node_modules/.cache && chown node node_modules/.cache \
  && su node -c "NODE_COMPILE_CACHE=/app/node_modules/.cache/compiled node -e \"import('./src/infrastructure/run.ts')\"" \
  && chown -R root node_modules/.cache && chmod -R a+rX node_modules/.cache
# By number, so that orchestrators can tell that it is not root; `node` in this image. The files stay root's.
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "src/infrastructure/bin/healthcheck.ts"]
CMD ["node", "src/infrastructure/bin/main.ts"]
