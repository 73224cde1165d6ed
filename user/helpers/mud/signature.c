/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "signature.h"

#define NAME_MAX_BYTES	1024 /* of a certificate's subject or issuer */
#define CERTIFICATES	32   /* that a signature may bring along */
#define CHAIN_DEPTH	8
#define SECURITY_LEVEL	2  /* of OpenSSL: RSA of 2048 bits, SHA-224, and what is as strong */
#define DIGEST_MIN_SIZE 28 /* bytes: SHA-224 */

#define _bio_		_cleanup_(bio_freep)
#define _cms_		_cleanup_(cms_freep)
#define _store_		_cleanup_(store_freep)
#define _ctx_		_cleanup_(ctx_freep)
#define _certs_		_cleanup_(certs_freep)

static void bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

static void cms_freep(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

static void store_freep(X509_STORE **store)
{
	X509_STORE_free(*store);
}

static void ctx_freep(X509_STORE_CTX **ctx)
{
	X509_STORE_CTX_free(*ctx);
}

static void certs_freep(STACK_OF(X509) * *certs)
{
	sk_X509_pop_free(*certs, X509_free);
}

void seal_clear(struct seal *seal)
{
	ig_mud_signer_clear(&seal->signer);
	*seal = (struct seal){};
}

/* --- reading it --- */

static CMS_ContentInfo *read_cms(const struct blob *signature)
{
	const unsigned char *at = (const unsigned char *)signature->bytes;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)signature->size);

	/* Nothing is behind it. */
	if (cms && at == (const unsigned char *)signature->bytes + signature->size)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

bool signature_is_one(const struct blob *signature)
{
	_cms_ CMS_ContentInfo *cms = signature->bytes ? read_cms(signature) : NULL;

	ERR_clear_error();
	return cms;
}

static int weak_digest(CMS_SignerInfo *signer)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *which = NULL;
	const EVP_MD *md;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&which, NULL, NULL, digest);
	md = EVP_get_digestbyobj(which);
	return !md || EVP_MD_size(md) < DIGEST_MIN_SIZE;
}

static int check_form(CMS_ContentInfo *cms, struct why *why)
{
	STACK_OF(CMS_SignerInfo) * signers;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return why_say(why, NULL, "bad signature: it is CMS, and signs nothing");
	signers = CMS_get0_SignerInfos(cms);
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return why_say(why, NULL, "bad signature: it has %d signers instead of one",
			       sk_CMS_SignerInfo_num(signers));
	if (CMS_is_detached(cms) != 1)
		return why_say(why, NULL,
			       "bad signature: it signs content of its own, and not the file");
	if (weak_digest(sk_CMS_SignerInfo_value(signers, 0)))
		return why_say(why, NULL,
			       "bad signature: its digest is weaker than SHA-224, or unknown");
	return 0;
}

/* --- who signed --- */

static int name_text(const X509_NAME *name, char **out)
{
	_bio_ BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return -ENOMEM;
	n = BIO_get_mem_data(bio, &text);
	if (n < 0 || n > NAME_MAX_BYTES)
		return -EINVAL;
	*out = strndup(text, (size_t)n);
	return *out ? 0 : -ENOMEM;
}

static uint64_t epoch(const ASN1_TIME *time)
{
	struct tm tm;
	time_t seconds;

	if (!ASN1_TIME_to_tm(time, &tm))
		return 0;
	seconds = timegm(&tm);
	return seconds > 0 ? (uint64_t)seconds : 0;
}

static int read_signer(X509 *certificate, struct ig_mud_signer *signer, struct why *why)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	int err = name_text(X509_get_subject_name(certificate), &signer->subject);

	err = err ?: name_text(X509_get_issuer_name(certificate), &signer->issuer);
	if (err == -EINVAL)
		return why_say(why, NULL, "bad signature: the name of its signer is too long");
	if (err)
		return err;
	if (!X509_digest(certificate, EVP_sha256(), digest, &n) || n != IG_SHA256_SIZE)
		return -ENOMEM;
	ig_sha256_hex(digest, signer->sha256);
	signer->not_after = epoch(X509_get0_notAfter(certificate));
	return 0;
}

/* Absent is not enough: RFC 8520 wants it said that this key is for signatures. */
static int check_usage(X509 *certificate, struct why *why)
{
	if (!(X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) ||
	    !(X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE))
		return why_say(why, NULL,
			       "the certificate of the signer is not for signing: it lacks the key "
			       "usage digitalSignature");
	return 0;
}

/* --- whether that one is trusted --- */

struct verdict {
	struct seal *seal;
	int problem;	    /* X509_V_OK: none but what is in the seal */
	uint64_t begins_at; /* of a certificate that is not valid yet */
};

static void note_expired(struct seal *seal, X509_STORE_CTX *ctx)
{
	X509 *certificate = X509_STORE_CTX_get_current_cert(ctx);
	uint64_t end = epoch(X509_get0_notAfter(certificate));
	_free_ char *name = NULL;

	if (seal->expired_at && seal->expired_at <= end)
		return;
	seal->expired_at = end ? end : 1;
	*seal->expired = '\0';
	if (X509_STORE_CTX_get_error_depth(ctx) > 0 &&
	    !name_text(X509_get_subject_name(certificate), &name))
		snprintf(seal->expired, sizeof(seal->expired), "%s", name);
}

/* Everything that is wrong is looked at: what has expired must not hide the rest. */
static int note_problem(int good, X509_STORE_CTX *ctx)
{
	struct verdict *verdict = X509_STORE_CTX_get_app_data(ctx);
	int problem = X509_STORE_CTX_get_error(ctx);

	if (good)
		return 1;
	if (problem == X509_V_ERR_CERT_HAS_EXPIRED)
		note_expired(verdict->seal, ctx);
	else if (verdict->problem == X509_V_OK)
		verdict->problem = problem;
	if (problem == X509_V_ERR_CERT_NOT_YET_VALID && !verdict->begins_at)
		verdict->begins_at =
			epoch(X509_get0_notBefore(X509_STORE_CTX_get_current_cert(ctx)));
	return 1;
}

static int load_trusted(X509_STORE *store, const struct blob *trusted, struct why *why)
{
	_bio_ BIO *bio = NULL;
	X509 *certificate;
	int n = 0;

	if (!trusted->bytes || !trusted->size)
		return why_say(why,
			       "put certificates in PEM into " SIGNER_CA_DIR
			       ", or name them with --signer-ca",
			       "no CA of signers is trusted here");
	bio = BIO_new_mem_buf(trusted->bytes, (int)trusted->size);
	if (!bio)
		return -ENOMEM;
	while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		n += X509_STORE_add_cert(store, certificate);
		X509_free(certificate);
	}
	ERR_clear_error();
	if (!n)
		return why_say(why, "they are in PEM: -----BEGIN CERTIFICATE-----",
			       "what is named for trusted CAs of signers has no certificate in it");
	return 0;
}

static int say_untrusted(const struct verdict *verdict, struct why *why)
{
	char date[DATE_TEXT];

	if (verdict->problem == X509_V_ERR_CERT_NOT_YET_VALID)
		return why_say(why, "is the clock of this machine right?",
			       "signer certificate, or that of its CA, not valid before %s",
			       date_text(verdict->begins_at, date));
	return why_say(why,
		       "if its CA is to be trusted, put that into " SIGNER_CA_DIR
		       ", or name it with --signer-ca",
		       "the signer is not trusted: %s",
		       X509_verify_cert_error_string(verdict->problem));
}

static int check_chain(X509_STORE *store, X509 *certificate, STACK_OF(X509) * others, uint64_t at,
		       struct seal *seal, struct why *why)
{
	_ctx_ X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct verdict verdict = {.seal = seal, .problem = X509_V_OK};
	X509_VERIFY_PARAM *param;

	if (!ctx || !X509_STORE_CTX_init(ctx, store, certificate, others))
		return -ENOMEM;
	param = X509_STORE_CTX_get0_param(ctx);
	/* What a person put there is trusted, whether or not somebody else has signed it. */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_STORE_CTX_set_app_data(ctx, &verdict);
	X509_STORE_CTX_set_verify_cb(ctx, note_problem);
	if (X509_verify_cert(ctx) <= 0 && verdict.problem == X509_V_OK)
		verdict.problem = X509_STORE_CTX_get_error(ctx);
	ERR_clear_error();
	return verdict.problem == X509_V_OK ? 0 : say_untrusted(&verdict, why);
}

/* --- all of it --- */

static int say_bad(struct why *why)
{
	unsigned long error = ERR_peek_last_error();

	if (ERR_GET_REASON(error) == CMS_R_SIGNER_CERTIFICATE_NOT_FOUND)
		why_say(why, NULL,
			"bad signature: it does not bring the certificate of its signer");
	else
		why_say(why,
			"one of the two may be older than the other: fetch it again; if it stays so, its "
			"maker has to sign it anew",
			"bad signature: it does not fit the file (%s)",
			error ? ERR_reason_error_string(error) : "no reason given");
	ERR_clear_error();
	return -EINVAL;
}

static int verify(CMS_ContentInfo *cms, X509_STORE *store, const struct blob *file, uint64_t at,
		  struct seal *seal, struct why *why)
{
	_bio_ BIO *content = BIO_new_mem_buf(file->bytes, (int)file->size);
	_certs_ STACK_OF(X509) *others = CMS_get1_certs(cms);
	STACK_OF(X509) * signers;
	X509 *certificate;
	int err;

	if (!content)
		return -ENOMEM;
	if (sk_X509_num(others) > CERTIFICATES)
		return why_say(why, NULL, "bad signature: it brings more than %d certificates",
			       CERTIFICATES);
	/* Of the signature itself; the certificate is judged below, and not for mail, as this would. */
	if (CMS_verify(cms, NULL, NULL, content, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
		return say_bad(why);
	signers = CMS_get0_signers(cms);
	certificate = sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;
	err = certificate ? read_signer(certificate, &seal->signer, why) : say_bad(why);
	err = err ?: check_usage(certificate, why);
	err = err ?: check_chain(store, certificate, others, at, seal, why);
	sk_X509_free(signers);
	return err;
}

int signature_verify(const struct blob *trusted, const struct blob *file,
		     const struct blob *signature, uint64_t at, struct seal *seal, struct why *why)
{
	_cms_ CMS_ContentInfo *cms = signature->bytes ? read_cms(signature) : NULL;
	_store_ X509_STORE *store = X509_STORE_new();
	int err;

	*seal = (struct seal){};
	ERR_clear_error();
	if (!store)
		return -ENOMEM;
	if (!cms)
		return why_say(why, NULL, "bad signature: it is not CMS in DER");
	err = check_form(cms, why);
	err = err ?: load_trusted(store, trusted, why);
	err = err ?: verify(cms, store, file, at, seal, why);
	if (err)
		seal_clear(seal);
	return err;
}
