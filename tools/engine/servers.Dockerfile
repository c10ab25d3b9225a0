# The servers that docker-compose.yml names, from Debian's packages: as much of each official image's contract as compose and
# testcontainers lean on.
FROM parlance-engine/debian AS servers
# A build may not start servers.
RUN echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe-io && printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
  && apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    postgresql gosu redis-server nats-server haproxy coturn prometheus \
  && rm -rf /var/lib/apt/lists/*

FROM servers AS postgres
ENV PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
COPY postgres.sh /usr/local/bin/docker-entrypoint.sh
RUN for tool in /usr/lib/postgresql/*/bin/*; do ln -sf "$tool" /usr/local/bin/; done
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]

FROM servers AS redis
EXPOSE 6379
CMD ["redis-server", "--protected-mode", "no"]

FROM servers AS nats
EXPOSE 4222 8222
ENTRYPOINT ["nats-server"]

FROM servers AS haproxy
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]

FROM servers AS coturn
EXPOSE 3478 3478/udp
ENTRYPOINT ["turnserver"]
CMD ["--log-file=stdout"]

FROM servers AS prometheus
EXPOSE 9090
ENTRYPOINT ["prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
