// Mutual TLS 1.3 of the sessions: OpenSSL on their sockets.
#ifndef LOADSIM_FLOOR_TLS_H
#define LOADSIM_FLOOR_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Shape: an SSL object per session, which owns its certificate and key. Not part of struct session, whose size is measured without TLS.
struct tls {
    const char* folder; ///< of `loadsim certificates create`: ca.pem, vehicles/VIN.pem, vehicles/VIN.key
    struct ssl_ctx_st* context;
    struct ssl_st** sessions;
    double credentials_cpu_s; ///< reading certificates and keys, which is not part of a connect's cost
};

/// Trusts the CA of the folder for a server with this address. False: failed; the reason was printed to standard error.
bool tls_open(struct tls*, const char* address, uint32_t sessions);
/// Reads the certificate and key of the vehicle. The handshake begins with the first tls_handshake(). False: as above.
bool tls_attach(struct tls*, uint32_t session, int fd, const char* vin);
/// As send(): bytes sent, or -1 and errno; EAGAIN: call again with the same bytes when the socket is writable.
ssize_t tls_send(struct tls*, uint32_t session, const void* data, size_t size);
/// As recv(), but of one record at most.
ssize_t tls_receive(struct tls*, uint32_t session, void* data, size_t size);
/// 0: complete; -1 and errno; EAGAIN: call again when the socket is readable.
int tls_handshake(struct tls*, uint32_t session);
/// OpenSSL has read more from the socket than it has returned.
bool tls_has_more(const struct tls*, uint32_t session);
void tls_release(struct tls*, uint32_t session);

#endif
