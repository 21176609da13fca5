# The service as an image: TypeScript sources on Node, nothing compiled. The database is outside (docker-compose.yml).
FROM node:24-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages packages
COPY services services
COPY tests/package.json tests/package.json
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY db db
RUN mkdir /data && chown node:node /data
USER node
# As in the scripts of package.json: a heap that is collected before it has grown to what the machine would allow, by one helper thread. The
# flag that NODE_OPTIONS does not take stands with each command (tests/load/README.md).
ENV NODE_OPTIONS="--max-old-space-size=768 --max-semi-space-size=8 --v8-pool-size=1"
ENV HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--no-allocation-site-pretenuring", "services/api/src/main.ts"]
