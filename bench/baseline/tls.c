#define _GNU_SOURCE
#include "tls.h"

#include "measurement.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { path_size = 512 };

static bool tls_fail(const char* what) {
    fprintf(stderr, "floor: %s\n", what);
    ERR_print_errors_fp(stderr);
    return false;
}

bool tls_open(struct tls* t, const char* address, uint32_t sessions) {
    char ca[path_size];
    snprintf(ca, sizeof ca, "%s/ca.pem", t->folder);
    t->context = SSL_CTX_new(TLS_client_method());
    t->sessions = calloc(sessions, sizeof(SSL*));
    if (t->context == NULL || t->sessions == NULL) return tls_fail("cannot begin TLS");
    SSL_CTX_set_min_proto_version(t->context, TLS1_3_VERSION);
    SSL_CTX_set_mode(t->context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(t->context, 1); // one system call for a record in place of two
    SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_file(t->context, ca) != 1 ||
        X509_VERIFY_PARAM_set1_ip_asc(SSL_CTX_get0_param(t->context), address) != 1)
        return tls_fail("the CA or the address cannot be used");
    return true;
}

static bool read_credentials(SSL* ssl, const char* folder, const char* vin) {
    char path[path_size];
    snprintf(path, sizeof path, "%s/vehicles/%s.pem", folder, vin);
    if (SSL_use_certificate_file(ssl, path, SSL_FILETYPE_PEM) != 1) return false;
    snprintf(path, sizeof path, "%s/vehicles/%s.key", folder, vin);
    return SSL_use_PrivateKey_file(ssl, path, SSL_FILETYPE_PEM) == 1;
}

bool tls_attach(struct tls* t, uint32_t session, int fd, const char* vin) {
    SSL* const ssl = SSL_new(t->context);
    t->sessions[session] = ssl;
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) return tls_fail("no TLS session");
    SSL_set_connect_state(ssl);
    const double begin = cpu_s();
    const bool read = read_credentials(ssl, t->folder, vin);
    t->credentials_cpu_s += cpu_s() - begin;
    return read || tls_fail("the certificate or key of a vehicle cannot be read");
}

/// Sets errno for a call that has returned `returned`.
static int failed(const SSL* ssl, int returned) {
    const int kind = SSL_get_error(ssl, returned);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        errno = EAGAIN;
    } else if (kind == SSL_ERROR_SSL) {
        ERR_print_errors_fp(stderr);
        errno = EPROTO;
    } else if (errno == EAGAIN || errno == 0) {
        errno = ECONNRESET; // an end without close_notify
    }
    return -1;
}

ssize_t tls_send(struct tls* t, uint32_t session, const void* data, size_t size) {
    size_t sent = 0;
    ERR_clear_error(); // SSL_get_error() reads the queue, to which other sessions may have added
    const int returned = SSL_write_ex(t->sessions[session], data, size, &sent);
    return returned == 1 ? (ssize_t)sent : failed(t->sessions[session], returned);
}

ssize_t tls_receive(struct tls* t, uint32_t session, void* data, size_t size) {
    size_t received = 0;
    ERR_clear_error();
    const int returned = SSL_read_ex(t->sessions[session], data, size, &received);
    if (returned == 1) return (ssize_t)received;
    return SSL_get_error(t->sessions[session], returned) == SSL_ERROR_ZERO_RETURN
               ? 0
               : failed(t->sessions[session], returned);
}

int tls_handshake(struct tls* t, uint32_t session) {
    ERR_clear_error();
    const int returned = SSL_do_handshake(t->sessions[session]);
    return returned == 1 ? 0 : failed(t->sessions[session], returned);
}

bool tls_has_more(const struct tls* t, uint32_t session) { return SSL_has_pending(t->sessions[session]) == 1; }

void tls_release(struct tls* t, uint32_t session) {
    SSL_free(t->sessions[session]);
    t->sessions[session] = NULL;
}
