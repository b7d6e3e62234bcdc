/* BTIs and PMTs from the inside: for bti.c and bti_fake.c. */
#ifndef ZI_OBJECT_BTI_I_H
#define ZI_OBJECT_BTI_I_H

#include "object/bti.h"

#define ZI_BTI_PERMS (ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE | ZX_BTI_PERM_EXECUTE)

struct zi_bti_fake;

/* Its object lock guards it and its PMTs. */
struct zi_bti {
	struct zi_object object;
	char name[ZX_MAX_NAME_LEN];
	bool closed;               /* no handle is left */
	uint64_t pmts;             /* live and quarantined ones */
	struct zi_link quarantine; /* of struct zi_pmt.in_quarantine, each with a reference */
	uint64_t nquarantined;
	struct zi_bti_fake *fake; /* fixed; NULL: a real one */
};

enum zi_pmt_state { ZI_PMT_LIVE, ZI_PMT_QUARANTINED, ZI_PMT_DONE };

struct zi_pmt {
	struct zi_object object;
	struct zi_bti *bti; /* a reference */
	struct zi_vmo *
		vmo; /* a reference: pinned pages outlive the handles of their VMO; NULL: of a fake BTI */
	uint64_t off, size; /* bytes */
	enum zi_pmt_state state;
	struct zi_link in_quarantine;
	uint64_t entry; /* of a fake BTI: the number of the list entry */
};

/* A PMT that is not live yet, with one reference. NULL: no memory. */
struct zi_pmt *zi_pmt_new(struct zi_bti *b);
/* Gives the PMT its handle, at a user address. */
zx_status_t zi_pmt_publish(struct zi_pmt *p, zx_handle_t *user_pmt);

/* ---- bti_fake.c */

zx_status_t zi_bti_fake_pin(struct zi_bti *b, const struct zi_pin_args *args);
/* The list entry goes. */
void zi_bti_fake_unpin(struct zi_bti *b, uint64_t entry);
void zi_bti_fake_free(struct zi_bti_fake *f);

#endif
