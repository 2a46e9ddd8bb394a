/*
 * mps_client: one function that answers requests of the Fujian multi-point
 * settlement interface (V1.0.0). This header is the manual.
 *
 *     char resp[8192];
 *     if (MPS_Call(req, resp) == MPS_OK)
 *         ... resp holds a response message; look at its <result> ...
 *
 * REQUEST
 *   req is a request message that ends in a NUL. It stays yours and is not
 *   changed; it must not change during the call. It may be in GBK, GB2312,
 *   GB18030 or UTF-8, as its XML declaration says (GBK where it says nothing).
 *   It may also be UTF-16, as PowerBuilder 10 and later send without ";Ansi"
 *   and Delphi 2009 and later with PChar: this is recognised by a byte order
 *   mark or by "<" in two bytes (3C 00). It then ends in a 16-bit NUL.
 *   It is read no further than its readable memory reaches, and no further than
 *   request_limit in mps.toml.
 *
 * RESPONSE
 *   The response is written to resp in the charset of the request, UTF-16
 *   included, followed by a NUL of the same width. resp is yours; nothing in
 *   it needs to be freed. req and resp may be the same buffer.
 *
 * THE SIZE OF resp
 *   Pass 8192 bytes or more (16384 or more with UTF-16). MPS_CallN is told the
 *   size. MPS_Call is not, and counts on the smallest of these three:
 *     1. response_capacity in mps.toml, in bytes, the NUL included;
 *     2. where resp arrives filled with spaces (PowerBuilder Space(n), Visual
 *        Basic Space$(n)), in 8 or 16 bits: its length. n spaces and a NUL are
 *        room for n + 1 characters; 8 or more spaces that end otherwise are
 *        room for n; anything else tells nothing;
 *     3. the end of the writable memory that resp points into.
 *   In a buffer that is neither filled with spaces nor up against the end of
 *   memory, only response_capacity protects what lies behind it: a program
 *   that passes less (new char[1024]) needs it set to what it passes.
 *   A response that does not fit is never cut and never overflows: resp gets
 *   a short failure message instead, which names both sizes, and the function
 *   returns MPS_OK. Where not even that fits, it returns MPS_ERR_BUFFER.
 *
 * RETURN CODES
 *   MPS_OK whenever resp holds a response message, whatever its <result>:
 *   <result>0</result> is success, anything else failure, <msg> says why.
 *   A negative code when no message could be written. resp then holds an empty
 *   string where there surely is room for one, and is untouched where not.
 *
 * THREADS
 *   Any number of threads may call at once; those that need the same reader
 *   wait for each other for a bounded time. A thread may have a stack as
 *   small as 256 KiB. Do not call from DllMain.
 *   A thread that calls again while its call is still under way (a vendor's
 *   window is open, and a button of yours is pressed) gets a failure message
 *   that begins with "device busy" (in Chinese), not a deadlock.
 *   The floating-point control state of the thread is left as it was.
 *
 * LOADING
 *   Nothing happens at load time. The first call reads mps.toml and scripts
 *   from the folder that the environment variable MPS_HOME names, or else from
 *   the folder of this library; the current directory does not matter. From
 *   the first call on the library stays loaded until the process ends:
 *   FreeLibrary and dlclose are allowed and without effect.
 *   Beside this library stand the helper programs that run vendors' libraries
 *   in processes of their own: mps.exe, and mps-host-x86.exe beside the 64-bit
 *   library, mps-host-x64.exe beside the 32-bit one (mps on Linux). They are
 *   started by their full path, where a device asks for it (isolate) or its
 *   library is of the other bitness, and end with your program.
 *
 * 32-bit Windows: __stdcall, exported under exactly these names.
 */
#ifndef MPS_CLIENT_H
#define MPS_CLIENT_H

#if defined(_WIN32) && !defined(_WIN64)
#define MPS_API __stdcall
#else
#define MPS_API
#endif

#define MPS_OK 0            /* resp holds a response message */
#define MPS_ERR_NULL -1     /* req or resp is a null pointer */
#define MPS_ERR_ARGUMENT -2 /* a length or capacity is negative */
#define MPS_ERR_BUFFER -3   /* not even the shortest message fits in resp */
#define MPS_ERR_INTERNAL -4 /* an error of this library's own; please report it */

#ifdef __cplusplus
extern "C" {
#endif

/* Answers the request in req, which ends in a NUL. */
int MPS_API MPS_Call(const char *req, char *resp);

/*
 * The same with both sizes known, in bytes. req needs no NUL. Exactly
 * resp_capacity bytes count, for the response and its NUL; what resp holds on
 * arrival does not matter, and neither does response_capacity.
 */
int MPS_API MPS_CallN(const char *req, int req_len, char *resp, int resp_capacity);

/* The version of this library, such as "0.1.0". Never freed, by nobody. */
const char *MPS_API MPS_Version(void);

/* For programs that load the library themselves. */
typedef int(MPS_API *MPS_Call_t)(const char *req, char *resp);
typedef int(MPS_API *MPS_CallN_t)(const char *req, int req_len, char *resp, int resp_capacity);
typedef const char *(MPS_API *MPS_Version_t)(void);

#ifdef __cplusplus
}
#endif

#endif
