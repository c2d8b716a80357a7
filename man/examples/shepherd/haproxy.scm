;; SPDX-License-Identifier: GPL-3.0-or-later
;; Copyright (C) 2026 the cross-init-bridge authors
;; /etc/shepherd/haproxy.scm
(define haproxy
  (service '(haproxy)
    #:start (make-forkexec-constructor
             '("/usr/bin/cross-init-bridge" "-i" "forking"
               "--pidfile=/run/haproxy.pid"
               "-t" "systemd" "-N" "--"
               "/usr/sbin/haproxy" "-Ws"
               "-f" "/etc/haproxy/haproxy.cfg")
             #:pid-file "/run/haproxy.pid"
             #:pid-file-timeout 90)
    #:stop (make-kill-destructor)))
(register-services (list haproxy))
