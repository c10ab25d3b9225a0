# What images of Node have, from the Node of this machine.
FROM parlance-engine/debian
COPY . /usr/local/
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home --shell /bin/bash node
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
